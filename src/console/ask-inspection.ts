// Asks the API for an inspection, or to send what it shows. Invariant: whatever goes wrong comes back as words for people.

export type Answer<T> = { readonly ok: true; readonly body: T } | { readonly ok: false; readonly detail: string };

/** The answer, or why there is none in words for people. */
export async function askInspection<T>(method: 'GET' | 'POST', conversation: string, flow: string): Promise<Answer<T>> {
  const query = flow === '' ? '' : `?flowId=${encodeURIComponent(flow)}`;
  const path = `/api/v1/conversations/${encodeURIComponent(conversation)}/attributes/inspection${query}`;
  try {
    const response = await fetch(path, { method, cache: 'no-store' });
    if (response.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    const body = (await response.json()) as unknown;
    return response.ok ? { ok: true, body: body as T } : { ok: false, detail: detailIn(body) };
  } catch {
    return { ok: false, detail: 'The API does not answer. Is it running?' };
  }
}

function detailIn(body: unknown): string {
  const isProblem = typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string';
  return isProblem ? String(body.detail) : 'The API answered something that is not understood.';
}
