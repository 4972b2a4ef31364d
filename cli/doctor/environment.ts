import { COMPETING_VARIABLES } from '../aws/environment.ts';
import type { Check } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** Credentials in variables: they go before the profile that somebody names. */
const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

/** Variables with which AWS clients would use other credentials than those of the profile. No value is shown. */
export function environmentCheck({ env }: Surroundings): Check {
  const check = 'aws-environment';
  return {
    name: check,
    async run() {
      const set = [...CREDENTIALS, ...COMPETING_VARIABLES].filter((name) => (env[name] ?? '') !== '');
      if (set.length === 0) return [{ check, status: 'ok', message: 'no variable goes before the AWS profiles' }];
      return [
        {
          check,
          status: 'warning',
          message: `AWS clients use these before any profile that is not named to them: ${set.join(', ')}`,
          hint: 'unset them where a daypass profile should be used; `daypass exec` does',
        },
      ];
    },
  };
}
