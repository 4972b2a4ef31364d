/**
 * IP addresses and CIDR ranges for `IpAddress` and `NotIpAddress`, IPv4 and IPv6.
 *
 * An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is the IPv4 address it stands for: dual-stack
 * listeners report clients that way, and a range must not be escaped by the spelling of an address. Otherwise the
 * two families never match each other; `0.0.0.0/0` holds no IPv6 address.
 */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface IpRange {
  readonly bits: 32 | 128;
  readonly mask: bigint;
  /** First address of the range. */
  readonly network: bigint;
}

const MAPPED = 0xffffn << 32n;
const LOW_32 = 0xffff_ffffn;

/** An address in its usual spellings; undefined for anything else, such as a leading zero or a zone. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const address = parseAsWritten(text);
  if (address?.bits === 128 && address.value >> 32n === MAPPED >> 32n) {
    return { bits: 32, value: address.value & LOW_32 };
  }
  return address;
}

/** `203.0.113.0/24`, `2001:db8::/32`, or a single address. Host bits may be set and do not count, as in IAM. */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const address = parseAsWritten(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  let length: number = address.bits;
  if (slash >= 0) {
    const digits = text.slice(slash + 1);
    if (!/^(0|[1-9][0-9]{0,2})$/.test(digits)) return undefined;
    length = Number(digits);
    if (length > address.bits) return undefined;
  }
  if (address.bits === 128 && length >= 96 && address.value >> 32n === MAPPED >> 32n) {
    return range({ bits: 32, value: address.value & LOW_32 }, length - 96);
  }
  return range(address, length);
}

export function rangeHolds(ipRange: IpRange, address: IpAddress): boolean {
  return ipRange.bits === address.bits && (address.value & ipRange.mask) === ipRange.network;
}

function range(address: IpAddress, length: number): IpRange {
  const size = BigInt(address.bits);
  const mask = ((1n << BigInt(length)) - 1n) << (size - BigInt(length));
  return { bits: address.bits, mask, network: address.value & mask };
}

function parseAsWritten(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const value = parseIpv4(text);
    return value === undefined ? undefined : { bits: 32, value };
  }
  const value = parseIpv6(text);
  return value === undefined ? undefined : { bits: 128, value };
}

/** Four decimal octets without leading zeros, which some parsers take for octal. */
function parseIpv4(text: string): bigint | undefined {
  let value = 0;
  let octets = 0;
  let octet = 0;
  let digits = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : DOT;
    if (code === DOT) {
      if (digits === 0 || octet > 255 || ++octets > 4) return undefined;
      // Not `<<`, which makes a signed number of 32 bits.
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
    } else {
      if (code < ZERO || code > NINE || digits === 3 || (digits > 0 && octet === 0)) return undefined;
      octet = octet * 10 + code - ZERO;
      digits++;
    }
  }
  return octets === 4 ? BigInt(value) : undefined;
}

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** RFC 4291 §2.2: eight groups, at most one `::`, the last two groups possibly as an IPv4 address. */
function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const given = head.length + tail.length;
  // `::` stands for at least one group of zeros.
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const all = [...head, ...Array<bigint>(8 - given).fill(0n), ...tail];
  return all.reduce((value, group) => (value << 16n) | group, 0n);
}

function groups(text: string, mayEndInIpv4: boolean): bigint[] | undefined {
  if (text === '') return [];
  const result: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const ipv4 = parseIpv4(part);
      if (ipv4 === undefined) return undefined;
      result.push(ipv4 >> 16n, ipv4 & 0xffffn);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      result.push(BigInt(`0x${part}`));
    } else {
      return undefined;
    }
  }
  return result;
}
