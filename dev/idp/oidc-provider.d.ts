/** The part of oidc-provider that this folder uses; the package ships no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Interaction {
    readonly uid: string;
    readonly prompt: {
      readonly name: string;
      readonly details: {
        readonly missingOIDCScope?: readonly string[];
        readonly missingOIDCClaims?: readonly string[];
      };
    };
    readonly params: Readonly<Record<string, string | undefined>>;
    readonly grantId?: string;
    readonly session?: { readonly accountId: string };
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addOIDCClaims(claims: readonly string[]): void;
    save(): Promise<string>;
  }

  export interface Context {
    body: string;
    type: string;
    set(name: string, value: string): void;
    readonly oidc: {
      readonly prompts: ReadonlySet<string>;
      readonly result?: { readonly login?: object };
      readonly client?: { readonly clientName?: string; readonly clientId: string };
    };
  }

  export default class Provider {
    constructor(issuer: string, configuration: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
      options?: { readonly mergeWithLastSubmission?: boolean },
    ): Promise<void>;
    on(event: string, listener: (...values: unknown[]) => void): this;
    readonly Grant: {
      new (properties: { readonly accountId: string; readonly clientId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
  }

  export const interactionPolicy: {
    readonly Check: new (reason: string, description: string, check: (context: Context) => boolean) => object;
    readonly base: () => { get(name: string): { readonly checks: { add(check: object): void } } };
  };
}
