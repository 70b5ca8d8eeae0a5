// How a worker's heap is laid out. Events live for the few milliseconds of a batch, and many partitions have a batch in
// hand at once: in the small young space Node starts with, half of them are still in use when it is swept, are copied,
// and grow old. A young space of 64 MB made workers 8 to 15 % faster; it costs up to 192 MB of memory each.

/** Arguments of `node` for a process that drains partitions. */
export const WORKER_NODE_ARGUMENTS: readonly string[] = ['--min-semi-space-size=64', '--max-semi-space-size=64'];
