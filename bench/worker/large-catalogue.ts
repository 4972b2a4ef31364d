import { ISSUER_URL } from '../identity-provider.ts';
import { compiled } from '../policy.ts';

/** A person's 300 roles in 60 accounts, named and described as companies do. */
export function largeCatalogue(): ReturnType<typeof compiled> {
  const teams = ['payments', 'search', 'mobile', 'data', 'platform', 'risk'];
  const stages = ['dev', 'test', 'staging', 'prod', 'sandbox', 'shared', 'backup', 'audit', 'network', 'edge'];
  const names = ['ReadOnly', 'Developer', 'Operator', 'DatabaseReader', 'Administrator'];
  const accounts: string[] = [];
  const roles: string[] = [];
  for (const [at, account] of teams.flatMap((team) => stages.map((stage) => `${team}-${stage}`)).entries()) {
    const id = String(100_000_000_000 + at * 7_919_113);
    const color = account.endsWith('prod') ? 'red' : 'green';
    accounts.push(`  ${account}: { id: "${id}", label: ${account.replace('-', ' ')}, color: ${color} }`);
    for (const name of names) {
      const description = `${name} of ${account.replace('-', ' ')}`;
      roles.push(`  ${account}/${name}: { arn: "arn:aws:iam::${id}:role/${name}", description: ${description} }`);
    }
  }
  return compiled(`
version: 1
issuers:
  corp: { issuer: "${ISSUER_URL}", audience: [daypass], algorithms: [RS256], username: email }
accounts:
${accounts.join('\n')}
roles:
${roles.join('\n')}
grants:
  - { name: everything, roles: ["*"], callers: { groups: [engineering] } }
`);
}
