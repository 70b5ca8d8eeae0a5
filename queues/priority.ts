// Who goes first on a queue whose jobs are not equally urgent. Invariant: in BullMQ a job without a priority goes before
// all that have one, then the smaller number: conversations whose customer waits have none.

/** Somebody talks to the customer already. */
export const SERVED_PRIORITY = 5;
/** Nobody waits for it: conversations of a list, looks whether something came back. */
export const LAST_PRIORITY = 10;
