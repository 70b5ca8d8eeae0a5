// The official SDK, unmodified, against the emulator. Invariant: each client has an ApiClient of its own (the SDK's
// singleton stays untouched), and every answer and refusal it gets is held against the SDK's declared shapes.
import { createRequire } from 'node:module';
import { expect } from 'vitest';
import type { GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import { answerProblems, bodyProblems } from '../support/sdk-shapes.ts';

/** As much of the SDK as is used here: its own declarations are global and 2.6 MB. */
interface ApiClient {
  readonly config: { setConfigPath(path: string): void };
  setGateway(gateway: Record<string, unknown>): void;
  setReturnExtendedResponses(extended: boolean): void;
  setAccessToken(token: string): void;
  loginClientCredentialsGrant(id: string, secret: string): Promise<{ accessToken: string; tokenExpiryTime: number }>;
}
type Api = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;
type Sdk = Readonly<Record<string, new (client: ApiClient) => Api>> & { readonly ApiClientClass: new () => ApiClient };

const sdk = createRequire(import.meta.url)('purecloud-platform-client-v2') as Sdk;

/** Operations that were answered as declared. */
export const gone = new Set<string>();

export interface Extended {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Fields;
}
export type Fields = Record<string, unknown> & { readonly id?: string; readonly entities?: readonly Fields[] };

export interface SdkClient {
  readonly api: ApiClient;
  /** `ConversationsApi.getConversation`: its body. */
  call(operation: string, ...args: readonly unknown[]): Promise<Fields>;
  /** What it is refused with. */
  refused(operation: string, ...args: readonly unknown[]): Promise<Extended>;
}

export function apiClient({ port }: GenesysEmulator): ApiClient {
  const api = new sdk.ApiClientClass();
  api.config.setConfigPath('');
  api.setGateway({ host: '127.0.0.1', protocol: 'http', port, path_params_login: 'login', path_params_api: '' });
  return api;
}

export async function sdkClient(emulator: GenesysEmulator, credentials = EMULATOR_CLIENT): Promise<SdkClient> {
  const api = apiClient(emulator);
  await api.loginClientCredentialsGrant(credentials.id, credentials.secret);
  // Else the headers of an answer are lost on the way.
  api.setReturnExtendedResponses(true);
  return {
    api,
    call: async (operation, ...args) => {
      const { headers, body } = (await invoke(api, operation, args)) as Extended;
      expect(answerProblems(operation, body)).toEqual([]);
      expectPlatformHeaders(headers);
      gone.add(operation);
      return body;
    },
    refused: async (operation, ...args) => {
      const refusal: unknown = await invoke(api, operation, args).then(
        (answer) => Promise.reject(new Error(`${operation} was answered: ${JSON.stringify(answer)}`)),
        (error: unknown) => error,
      );
      if (refusal instanceof Error) throw refusal;
      const { status, headers, body } = refusal as Extended;
      expect(bodyProblems('ErrorBody', body)).toEqual([]);
      expect(body['status']).toBe(status);
      return { status, headers, body };
    },
  };
}

export async function invoke(api: ApiClient, operation: string, args: readonly unknown[]): Promise<unknown> {
  const [name = '', method = ''] = operation.split('.');
  const Api = sdk[name];
  if (Api === undefined) throw new Error(`the SDK has no ${name}`);
  const instance = new Api(api);
  if (instance[method] === undefined) throw new Error(`the SDK has no ${operation}`);
  return instance[method](...args);
}

export function expectPlatformHeaders(headers: Extended['headers']): void {
  expect(headers).toMatchObject({
    'inin-correlation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'inin-ratelimit-count': expect.stringMatching(/^\d+$/),
    'inin-ratelimit-allowed': expect.stringMatching(/^\d+$/),
    'inin-ratelimit-reset': expect.stringMatching(/^\d+$/),
  });
}
