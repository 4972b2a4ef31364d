/**
 * What `audit report` takes from lib/audit/report, as one file of the bundle: the page's templates are needed by that
 * command alone.
 */
export { ReportBuilder } from '../lib/audit/report/aggregate.ts';
export { findings } from '../lib/audit/report/findings.ts';
export { auditReportPage } from '../lib/audit/report/html/page.ts';
