import { readFile } from 'node:fs/promises';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { isMap, isNode, parseDocument, visit } from 'yaml';

/** What DynamoDB's CreateTable is told, without the name, which the environment decides. */
export type TableDefinition = Pick<
  CreateTableCommandInput,
  'AttributeDefinitions' | 'KeySchema' | 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes' | 'BillingMode'
>;

/** The properties that make up a table's shape; backups, protection and the like have no local meaning. */
const SHAPE = [
  'AttributeDefinitions',
  'KeySchema',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
  'BillingMode',
] as const;

/**
 * The table as it is deployed: read from its CloudFormation resource in serverless.yml, so that there is no second
 * definition to drift away.
 *
 * @throws Error when the resource is not there, or its shape uses a CloudFormation function (`!Ref`, `!If`, …),
 *   which nothing here could resolve
 */
export async function readTableDefinition(serverlessFile: string, logicalId: string): Promise<TableDefinition> {
  // Elsewhere in the file the functions are common and of no interest; hence no warnings about their tags.
  const document = parseDocument(await readFile(serverlessFile, 'utf8'), { merge: true, logLevel: 'error' });
  const [problem] = document.errors;
  if (problem !== undefined) throw new Error(`${serverlessFile}: ${problem.message}`);
  const place = ['resources', 'Resources', logicalId];
  const type: unknown = document.getIn([...place, 'Type']);
  const properties: unknown = document.getIn([...place, 'Properties'], true);
  if (type !== 'AWS::DynamoDB::Table' || !isMap(properties)) {
    throw new Error(`${serverlessFile} has no AWS::DynamoDB::Table named ${logicalId}`);
  }
  const entries = SHAPE.map((name) => {
    const node: unknown = properties.get(name, true);
    if (!isNode(node)) return [name, undefined] as const;
    visit(node, (_key, inner) => {
      if (isNode(inner) && inner.tag?.startsWith('!')) {
        throw new Error(
          `${serverlessFile}: ${logicalId}.${name} uses ${inner.tag}, which only CloudFormation can resolve`,
        );
      }
    });
    return [name, node.toJS(document) as unknown] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as TableDefinition;
}
