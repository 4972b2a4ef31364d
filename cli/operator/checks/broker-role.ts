import type { PolicySet } from '../../../lib/iam/evaluate.ts';
import type { PlacedDocument } from '../../../lib/iam/layer.ts';
import { parseDocument } from '../../../lib/iam/parse-document.ts';
import type { Finding } from '../../doctor/finding.ts';
import { asFinding } from '../../doctor/run-checks.ts';
import { Failure } from '../../failure.ts';
import { counted } from '../../text.ts';
import type { OperatorAccess } from '../iam-client.ts';
import { type RealRole, readRole } from '../role-reader.ts';

/** The role that calls STS, and what its own policies let it do. */
export interface BrokerRole {
  readonly finding: Finding;
  /** Undefined when they could not be read. */
  readonly policies: Partial<PolicySet> | undefined;
}

export async function examineBrokerRole(access: OperatorAccess, arn: string | undefined): Promise<BrokerRole> {
  const check = 'broker-role';
  if (arn === undefined) {
    const message = 'the broker’s role is not named, so no trust policy is judged';
    const hint = '--broker-role ARN or DAYPASS_BROKER_ROLE: the output BrokerRoleArn of the broker’s stack';
    return { finding: { check, status: 'skipped', message, hint }, policies: undefined };
  }
  try {
    const role = await readRole(access, arn);
    const written = [...role.inlinePolicies.map(inlineOf), ...role.attachedPolicies.map(attachedOf)];
    const identity = written.flatMap(placed('identity'));
    const boundaries = role.boundary === undefined ? [] : [attachedOf(role.boundary)];
    const boundary = boundaries.flatMap(placed('boundary'));
    // Left out, one of them could no longer deny, and a boundary no longer limit.
    if (identity.length + boundary.length < written.length + boundaries.length) {
      const read = new Set([...identity, ...boundary].map(({ place }) => place));
      const strange = [...written, ...boundaries].flatMap(({ place }) => (read.has(place) ? [] : [place]));
      const message = `${arn}: ${strange.join(', ')} cannot be understood; what it may do is taken for granted`;
      return { finding: { check, status: 'warning', message }, policies: undefined };
    }
    const message = `${arn}, ${counted(identity.length, 'policy').replace('policys', 'policies')}`;
    return { finding: { check, status: 'ok', message }, policies: { identity, boundary } };
  } catch (thrown) {
    const finding = asFinding(check, undefined, thrown);
    const isMissing = Failure.is(thrown) && thrown.code === 'aws_not_found';
    const assumed = isMissing ? '' : '; what it may do is taken for granted';
    return {
      finding: { ...finding, status: isMissing ? 'failed' : 'warning', message: finding.message + assumed },
      policies: undefined,
    };
  }
}

interface Written {
  readonly place: string;
  readonly text: string;
}

function inlineOf({ name, document }: RealRole['inlinePolicies'][number]): Written {
  return { place: `inline policy ${name}`, text: document };
}

function attachedOf({ arn, document }: RealRole['attachedPolicies'][number]): Written {
  return { place: arn, text: document };
}

/** None for a document without meaning. */
function placed(kind: 'identity' | 'boundary') {
  return ({ place, text }: Written): PlacedDocument[] => {
    const { document } = parseDocument(text, kind);
    return document === undefined ? [] : [{ place, document }];
  };
}
