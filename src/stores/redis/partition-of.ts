// Which partition a key belongs to. Invariant: a pure function of (key, partition count): never change it, or one
// conversation's events end up in two logs.
import { crc32 } from 'node:zlib';

export const partitionOf = (key: string, partitions: number): number => crc32(key) % partitions;
