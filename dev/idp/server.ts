import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { closeServer, listen } from '../listen.ts';
import { providerConfiguration } from './configuration.ts';
import { interact } from './interactions.ts';
import { loadKeys } from './keys.ts';

export { CLI_CLIENT_ID, portalClient } from './configuration.ts';

export interface IdpOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** Where the signing keys are kept; without it each start makes new ones. */
  readonly directory?: string;
  /** Further clients beside `daypass-cli`, as OpenID Connect client metadata. */
  readonly clients?: readonly object[];
}

export interface IdentityProvider {
  /** `http://127.0.0.1:PORT`, no trailing slash. */
  readonly issuer: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the demo company's identity provider: oidc-provider, a certified OpenID Provider, with discovery, PKCE,
 * device flow, refresh tokens and the four demo accounts.
 *
 * @throws PortTakenError when the port is in use
 */
export async function startIdp(options: IdpOptions): Promise<IdentityProvider> {
  const keys = await loadKeys(options.directory);
  // The issuer's name holds the port, which is known only once the server listens.
  let handle: RequestListener = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => void handle(request, response));
  const { port, url: issuer } = await listen(server, options.port);
  const provider = new Provider(issuer, providerConfiguration(keys, options.clients ?? []));
  const callback = provider.callback();
  handle = (request, response) => {
    const work = request.url?.startsWith('/interaction/')
      ? interact(provider, request, response)
      : callback(request, response);
    work.catch(() => response.destroy());
  };
  return { issuer, port, close: () => closeServer(server) };
}
