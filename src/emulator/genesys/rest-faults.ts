// Faults of REST on demand: which of the next calls are refused, fail or are answered late. Invariant: a fault is spent
// by the calls it hits and by no others; a late answer is late after its work is done, as on a busy platform.
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PlatformError, tooManyRequests } from './error-body.ts';

export const restFaultSchema = z
  .object({
    /** Path without its query; `*` stands for any text. */
    path: z.string().min(1).max(500),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).optional(),
    /** Without one, the truth is answered (late). */
    status: z.number().int().min(400).max(599).optional(),
    times: z.number().int().min(1).max(1_000_000).default(1),
    retryAfterSeconds: z.number().int().min(0).max(86_400).optional(),
    delayMs: z.number().int().min(0).max(600_000).default(0),
  })
  .refine(({ status, delayMs }) => status !== undefined || delayMs > 0, 'must have a status, a delayMs or both');

export type RestFault = z.output<typeof restFaultSchema>;

/** The platform's words for what is wrong with itself. */
const WORDS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  401: ['bad.credentials', 'Invalid login credentials.'],
  403: ['not.authorized', 'You are not authorized to perform the requested action.'],
  404: ['not.found', 'The requested resource was not found.'],
  408: ['request.timeout', 'The request timed out.'],
  409: ['conflict', 'The request conflicts with the current state of the target resource.'],
  500: ['internal.server.error', 'The server encountered an unexpected condition which prevented it from fulfilling the request.'],
  502: ['bad.gateway', 'The server received an invalid response from an upstream server.'],
  503: ['service.unavailable', 'Service Unavailable - The server is currently unavailable (because it is overloaded or down for maintenance).'],
  504: ['request.timeout', 'The request timed out.'],
}; // prettier-ignore

const MAX_FAULTS = 1000;
/** What a 429 says when nobody told it. */
const RETRY_AFTER_SECONDS = 1;

interface Waiting {
  readonly fault: RestFault;
  readonly path: RegExp;
  times: number;
}

export class RestFaults {
  #waiting: Waiting[] = [];
  readonly #late = new WeakMap<FastifyRequest, number>();

  add(fault: RestFault): void {
    if (this.#waiting.length >= MAX_FAULTS) {
      throw new PlatformError(409, 'conflict', `At most ${MAX_FAULTS} faults can wait`);
    }
    this.#waiting.push({ fault, path: patternOf(fault.path), times: fault.times });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Calls still to be hit. */
  pending(): number {
    return this.#waiting.reduce((sum, { times }) => sum + times, 0);
  }

  /** Lets faults hit every call but the controls'. */
  attach(app: FastifyInstance): void {
    app.addHook('onRequest', async (request) => this.#hit(request));
    app.addHook('onSend', async (request) => {
      const ms = this.#late.get(request);
      if (ms !== undefined) await delay(ms, undefined, { ref: false });
    });
  }

  #hit(request: FastifyRequest): void {
    const [path = ''] = request.url.split('?', 1);
    if (path.startsWith('/emulator')) return;
    const hit = this.#waiting.find(({ fault, path: pattern }) =>
      (fault.method === undefined || fault.method === request.method) && pattern.test(path),
    ); // prettier-ignore
    if (hit === undefined) return;
    hit.times -= 1;
    if (hit.times === 0) this.#waiting = this.#waiting.filter((one) => one !== hit);
    if (hit.fault.delayMs > 0) this.#late.set(request, hit.fault.delayMs);
    if (hit.fault.status !== undefined) throw refusal(hit.fault.status, hit.fault.retryAfterSeconds);
  }
}

function patternOf(path: string): RegExp {
  const literal = path.split('*').map((part) => part.replaceAll(/[$()+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${literal.join('.*')}$`);
}

function refusal(status: number, retryAfterSeconds: number | undefined): PlatformError {
  if (status === 429) return tooManyRequests(retryAfterSeconds ?? RETRY_AFTER_SECONDS);
  const [code, message] = WORDS[status] ?? (status < 500 ? WORDS[409] : WORDS[500]) ?? ['bad.request', 'Refused'];
  return new PlatformError(status, code, message, [], retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
}
