import { deflateRawSync } from 'node:zlib';

/**
 * STS packs the session policy, the policy ARNs and the tags into a binary form of its own and refuses a call
 * whose packed form is too large. That form is not public, so this is an estimate: raw DEFLATE, with the room
 * chosen so that the sample of the API reference (`PackedPolicySize` 8) comes out about right. Only AWS can
 * say what a real call packs to.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
const ROOM_BYTES = 3072;

export interface Packable {
  readonly policy: string | undefined;
  readonly policyArns: readonly string[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

/** Percent of the room used, rounded up; 0 when there is nothing to pack. Over 100 is refused. */
export function packedSizePercent(parts: Packable): number {
  const text = [parts.policy ?? '', ...parts.policyArns, ...parts.tags.flatMap(({ key, value }) => [key, value])].join(
    '\0',
  );
  if (text === '') return 0;
  return Math.ceil((100 * deflateRawSync(text, { level: 9 }).length) / ROOM_BYTES);
}
