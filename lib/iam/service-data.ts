/**
 * What AWS publishes about its services: which actions there are, on which resources each works, which condition keys
 * it knows. The engine decides without it, as IAM matches texts; whoever reads a policy for mistakes needs it.
 *
 * A port: the data is large and changes every day, so it is handed in. Names are compared without case.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html
 */
export interface ServiceData {
  /** The day the data is of, `2026-09-26`. */
  readonly day: string;
  /** Every prefix an action can have, in lower case. */
  readonly prefixes: readonly string[];
  /** Every text that stands in the service field of some ARN. */
  readonly arnServices: ReadonlySet<string>;
  /** Prefixes of the services that resource control policies cover. */
  readonly resourceControlServices: ReadonlySet<string>;
  /** Keys that requests of every service can carry: `aws:…` and the few of services that describe a session. */
  readonly globalKeys: readonly ConditionKey[];
  /** @param prefix such as `s3`, in any case */
  service(prefix: string): Service | undefined;
}

export interface Service {
  readonly prefix: string;
  /** As people call it: Amazon S3. */
  readonly name: string;
  /** By folded name, `getobject`. */
  readonly actions: ReadonlyMap<string, ServiceAction>;
  /** All condition keys that the service knows, `aws:…` among them where it documents them. */
  readonly conditionKeys: readonly ConditionKey[];
}

export type AccessLevel = 'List' | 'Read' | 'Write' | 'Tagging' | 'Permissions management';

export interface ServiceAction {
  /** With its service, as AWS spells it: `s3:GetObject`. */
  readonly name: string;
  readonly accessLevels: readonly AccessLevel[];
  /** Empty for an action that works on nothing in particular: it matches `Resource: "*"` only. */
  readonly resourceTypes: readonly ResourceType[];
  /** Of the action, and of the resources it works on. */
  readonly conditionKeys: readonly ConditionKey[];
}

export interface ResourceType {
  readonly name: string;
  /** With placeholders: `arn:${Partition}:s3:::${BucketName}/${ObjectName}`. */
  readonly arn: string;
}

export type KeyType = 'String' | 'ARN' | 'Bool' | 'Numeric' | 'Date' | 'IPAddress' | 'Binary';

export interface ConditionKey {
  /** With placeholders where it has them: `aws:RequestTag/${TagKey}`. */
  readonly name: string;
  readonly type: KeyType;
  /** Whether a request can carry several values of it, which set operators are made for. */
  readonly multivalued: boolean;
}
