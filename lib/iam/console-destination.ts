import { isRegionOf, PARTITIONS, type PartitionName } from './arn.ts';

export type DestinationReading =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly problem: string };

/** A service as the console's paths spell it: `ec2`, `cloudwatch`, `systems-manager`. */
const SERVICE = /^[a-z][a-z0-9-]{0,62}$/;

const MAX_LENGTH = 1024;

/** What every reader of URLs takes for the same: no whitespace, no control, no backslash, nothing beyond ASCII. */
const PLAIN = /^[\w\-.~:/?#[\]@!$&'()*+,;=%|]+$/;

/**
 * Where in the AWS console a sign-in leads: a service's name, or an https address of the console itself. Without
 * either, the console's home page.
 *
 * The address has to be of the partition's own console host, or one or two labels below it, such as
 * `eu-central-1.console.aws.amazon.com` or `s3.console.aws.amazon.com`, or of a service's own host, such as
 * `health.aws.amazon.com`: AWS's own pages and nobody else's.
 *
 * @param region the role's, for a service's home page
 */
export function readConsoleDestination(
  text: string | undefined,
  partition: PartitionName,
  region: string,
): DestinationReading {
  const { consoleHost, otherConsoleHosts } = PARTITIONS[partition];
  const query = isRegionOf(region, partition) ? `?region=${region}` : '';
  if (text === undefined || text === '') return { ok: true, url: `https://${consoleHost}/console/home${query}` };
  if (SERVICE.test(text)) return { ok: true, url: `https://${consoleHost}/${text}/home${query}` };
  if (text.length > MAX_LENGTH) return { ok: false, problem: `it is over ${MAX_LENGTH} characters` };
  if (!/^https:\/\/[a-z0-9]/.test(text) || !PLAIN.test(text) || !URL.canParse(text)) {
    return { ok: false, problem: 'it is neither the name of a service nor an https address' };
  }
  const url = new URL(text);
  // Credentials and ports: different parsers see different hosts, and the console needs neither.
  const authority = text.slice('https://'.length).split(/[/?#]/, 1)[0] ?? '';
  if (authority !== url.hostname) return { ok: false, problem: 'its host is not written plainly' };
  // Whoever makes a relative address of the path would find another host in it.
  if (url.pathname.startsWith('//')) return { ok: false, problem: 'its path begins with //' };
  if (!isConsoleHost(url.hostname, consoleHost) && !otherConsoleHosts.includes(url.hostname)) {
    return { ok: false, problem: `it is not of ${consoleHost}` };
  }
  return { ok: true, url: url.href };
}

function isConsoleHost(hostname: string, consoleHost: string): boolean {
  if (hostname === consoleHost) return true;
  if (!hostname.endsWith(`.${consoleHost}`)) return false;
  const below = hostname.slice(0, -consoleHost.length - 1);
  return /^[a-z0-9](-?[a-z0-9])*(\.[a-z0-9](-?[a-z0-9])*)?$/.test(below);
}
