// Where the platform answers. Invariant: the only place that knows host names; sockets are not here, because their
// address comes with each channel.

export interface PlatformUrls {
  /** The token endpoint. */
  readonly login: string;
  /** The root that every REST path is appended to. */
  readonly api: string;
}

/** A gateway (the emulator, a proxy) stands before both hosts and tells them apart by path, as the official SDK's does. */
export function platformUrls(where: {
  readonly region: string;
  readonly gatewayUrl?: string | undefined;
}): PlatformUrls {
  if (where.gatewayUrl === undefined) {
    return { login: `https://login.${where.region}/oauth/token`, api: `https://api.${where.region}/api/v2` };
  }
  const gateway = where.gatewayUrl.replace(/\/+$/, '');
  return { login: `${gateway}/login/oauth/token`, api: `${gateway}/api/v2` };
}
