import { AwsError } from '../error.ts';
import type { StoredPolicy } from './stored-policy.ts';

/** What users, groups and roles have in common. IAM changes them in place, so some members are mutable. */
export interface Entity {
  readonly partition: string;
  readonly accountId: string;
  /** `/` or `/a/path/`. */
  readonly path: string;
  readonly name: string;
  readonly arn: string;
  /** Never given a second time, unlike the name: `AIDA…`, `AGPA…`, `AROA…`. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly inlinePolicies: Map<string, StoredPolicy>;
  attachedPolicyArns: readonly string[];
}

/** Users and roles: those that act. */
export interface Actor extends Entity {
  readonly tags: Map<string, string>;
  /** The managed policy that is its permissions boundary. */
  boundaryArn: string | undefined;
}

export interface EntityArn {
  readonly partition: string;
  readonly accountId: string;
  readonly path: string;
  readonly name: string;
}

const ENTITY_ARN =
  /^arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):(user|group|role|policy)(\/(?:[\u0021-\u007e]+\/)?)([\w+=,.@-]{1,128})$/;

/** @throws AwsError ValidationError */
export function entityArn(arn: string, noun: 'user' | 'group' | 'role' | 'policy'): EntityArn {
  const [, partition = '', accountId = '', kind, path = '', name = ''] = ENTITY_ARN.exec(arn) ?? [];
  if (kind !== noun) throw new AwsError('ValidationError', 400, `${arn} is not the ARN of a ${noun}`);
  return { partition, accountId, path, name };
}

/** The entities of one kind, of all accounts. Names are unique in an account without regard to case. */
export class EntityStore<Kind extends Entity> {
  readonly #byArn = new Map<string, Kind>();
  readonly #byName = new Map<string, Kind>();
  readonly #noun: string;

  /** @param noun as AWS's messages have it: `Role`, `User`, `Group` */
  constructor(noun: string) {
    this.#noun = noun;
  }

  /** @throws AwsError EntityAlreadyExists */
  protected add(entity: Kind): Kind {
    const key = nameKey(entity.accountId, entity.name);
    if (this.#byName.has(key)) {
      throw new AwsError('EntityAlreadyExists', 409, `${this.#noun} with name ${entity.name} already exists.`);
    }
    this.#byName.set(key, entity);
    this.#byArn.set(entity.arn, entity);
    return entity;
  }

  byArn(arn: string): Kind | undefined {
    return this.#byArn.get(arn);
  }

  /** @param name in any case */
  named(accountId: string, name: string): Kind | undefined {
    return this.#byName.get(nameKey(accountId, name));
  }

  /** In order of path and name, as IAM lists them. */
  inAccount(accountId: string): Kind[] {
    return sorted(this.#of(accountId));
  }

  countIn(accountId: string): number {
    return this.#of(accountId).length;
  }

  all(): Kind[] {
    return sorted([...this.#byArn.values()]);
  }

  delete(entity: Kind): void {
    this.#byArn.delete(entity.arn);
    this.#byName.delete(nameKey(entity.accountId, entity.name));
  }

  #of(accountId: string): Kind[] {
    return [...this.#byArn.values()].filter((entity) => entity.accountId === accountId);
  }
}

function sorted<Kind extends Entity>(entities: Kind[]): Kind[] {
  return entities.sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

function nameKey(accountId: string, name: string): string {
  return `${accountId}/${name.toLowerCase()}`;
}
