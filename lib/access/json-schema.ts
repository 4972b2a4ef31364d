import * as z from 'zod';
import { accessPolicySource } from './schema.ts';

/**
 * JSON Schema (draft 7, which the YAML language servers of editors read) of `access.yml`, generated from the schema
 * that checks it, so that the two cannot disagree.
 */
export function accessPolicyJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(accessPolicySource, { target: 'draft-7', io: 'input' });
  return {
    ...schema,
    title: 'Daypass access policy',
    description: 'Who may have which AWS role, under which conditions and limits. See docs/access-policy.md.',
  };
}
