import { VERSION } from '../lib/version.ts';

/** What the audit record shows as the caller's user agent. */
export const USER_AGENT = `daypass/${VERSION} (${process.platform}; ${process.arch}) node/${process.versions.node}`;
