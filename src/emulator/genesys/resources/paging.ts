// Lists in pages, as the platform's. Invariant: a page is never larger than the platform allows; the total is that of
// the whole list.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ContactCentre } from '../../centre/centre.ts';
import { parse } from '../error-body.ts';

export const MAX_PAGE_SIZE = 500;

const querySchema = z.object({
  pageSize: z.coerce.number().int().min(1).max(MAX_PAGE_SIZE).default(25),
  pageNumber: z.coerce.number().int().min(1).max(100_000).default(1),
});

export interface Page<T> {
  readonly entities: readonly T[];
  readonly pageSize: number;
  readonly pageNumber: number;
  readonly pageCount: number;
  readonly total: number;
  readonly selfUri: string;
  readonly firstUri: string;
  readonly lastUri: string;
  readonly nextUri?: string;
  readonly previousUri?: string;
}

export function pageOf<T, R>(request: FastifyRequest, all: readonly T[], show: (item: T) => R): Page<R> {
  const { pageSize, pageNumber } = parse(querySchema, request.query, 'query parameter');
  const [path] = request.url.split('?', 1);
  const uri = (page: number): string => `${path ?? ''}?pageSize=${pageSize}&pageNumber=${page}`;
  const pageCount = Math.max(1, Math.ceil(all.length / pageSize));
  const from = (pageNumber - 1) * pageSize;
  return {
    entities: all.slice(from, from + pageSize).map((item) => show(item)),
    pageSize,
    pageNumber,
    pageCount,
    total: all.length,
    selfUri: uri(pageNumber),
    firstUri: uri(1),
    lastUri: uri(pageCount),
    ...(pageNumber < pageCount ? { nextUri: uri(pageNumber + 1) } : {}),
    ...(pageNumber > 1 ? { previousUri: uri(pageNumber - 1) } : {}),
  };
}

/** A query parameter that may be given once, several times or with commas. */
export const listOf = <S extends z.ZodType<string>>(item: S): z.ZodPreprocess<z.ZodArray<S>> =>
  z.preprocess((given) => (Array.isArray(given) ? given : String(given).split(',')), z.array(item).max(500));

/** Names are found by their beginning, or by a pattern with `*`, whatever their case. */
export function matchesName(name: string, asked: string | undefined): boolean {
  if (asked === undefined) return true;
  const parts = asked.toLowerCase().split('*');
  if (parts.length === 1) return name.toLowerCase().startsWith(asked.toLowerCase());
  let from = 0;
  for (const part of parts) {
    const at = name.toLowerCase().indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

export const divisionResource = ({ division }: ContactCentre): Record<string, unknown> => ({
  id: division.id,
  name: division.name,
  selfUri: `/api/v2/authorization/divisions/${division.id}`,
});
