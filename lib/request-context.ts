/** What is known of a request before anything in it is believed. */
export interface RequestContext {
  readonly sessionId: string;
  readonly requestId: string;
  /** From the gateway's own request context; X-Forwarded-For is the caller's word and is not read. */
  readonly sourceIp: string | undefined;
  /** Cut to 256 characters. */
  readonly userAgent: string | undefined;
  /** The way in, where it is not the API itself. */
  readonly via?: WayIn;
}

/** Ways in beside the API: the portal's pages, AWS STS's protocol, container credentials, IAM Identity Center's, `aws login`. */
export type WayIn = 'portal' | 'sts' | 'container' | 'sso' | 'login';
