-- The exported audit records (docs/audit-exports.md) as a table of Amazon Athena. Put in the bucket and the stage.
--
-- Partition projection: Athena works out the partitions from the names of the objects, so there is no crawler and
-- nothing to repair when an hour is added.
-- https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
-- https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html (names are compared without regard to case)

CREATE EXTERNAL TABLE daypass_audit (
  `schema` int,
  `phase` string,
  `sessionid` string,
  `requestid` string,
  `time` string,
  `action` string,
  `via` string,
  `signin` string,
  `outcome` string,
  `caller` struct<issuer: string, subject: string, username: string>,
  `tokensha256` string,
  `role` string,
  `rolearn` string,
  `account` string,
  `accountid` string,
  `permission` string,
  `grant` string,
  `denial` string,
  `claims` string,
  `claimsomitted` array<string>,
  `trace` struct<
    target: string,
    steps: array<struct<grant: string, effect: string, outcome: string, because: string>>,
    omitted: int>,
  `tracedigest` string,
  `policydigest` string,
  `sourceip` string,
  `useragent` string,
  `client` string,
  `deviceip` string,
  `reason` string,
  `ticket` string,
  `requesteddurationseconds` int,
  `requestedsessionname` string,
  `durationseconds` int,
  `durationlimitedby` string,
  `rolesessionname` string,
  `sourceidentity` string,
  `destination` string,
  `accesskeyid` string,
  `expiration` string,
  `stsrequestid` string,
  `code` string,
  `detail` string
)
PARTITIONED BY (`day` string, `hour` string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://EXPORT-BUCKET/daypass-prod/records/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy-MM-dd',
  'projection.day.range' = '2026-01-01,NOW',
  'projection.day.interval' = '1',
  'projection.day.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://EXPORT-BUCKET/daypass-prod/records/day=${day}/hour=${hour}'
);

-- Who was behind an access key that CloudTrail shows? "day" keeps the query from reading every day there is.
SELECT "time", "caller"."username", "role", "reason", "ticket", "sourceip", "expiration", "sessionid"
FROM daypass_audit
WHERE "day" >= '2026-01-01'
  AND "outcome" = 'issued'
  AND "accesskeyid" = 'ASIAEXAMPLEEXAMPLE12';

-- Which roles does nobody use any more? Sessions, people and the last time, for each grant and role in 90 days.
SELECT "grant", "role", count(*) AS sessions, count(DISTINCT "caller"."username") AS people, max("time") AS last
FROM daypass_audit
WHERE "day" >= date_format(current_date - INTERVAL '90' DAY, '%Y-%m-%d')
  AND "outcome" = 'issued'
GROUP BY "grant", "role"
ORDER BY sessions;

-- Where do people run into walls? What is denied and refused most, this week.
SELECT "role", "outcome", coalesce("denial", "code") AS why, count(*) AS times, count(DISTINCT "caller"."username") AS people
FROM daypass_audit
WHERE "day" >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND "outcome" IN ('denied', 'refused')
GROUP BY "role", "outcome", coalesce("denial", "code")
ORDER BY times DESC
LIMIT 20;

-- Sessions whose end nobody recorded: an intent without an outcome. `daypass audit reconcile` settles them.
SELECT "intent"."time", "intent"."caller"."username", "intent"."role", "intent"."sessionid"
FROM daypass_audit AS "intent"
LEFT JOIN daypass_audit AS "result"
  ON "result"."sessionid" = "intent"."sessionid" AND "result"."phase" = 'outcome' AND "result"."day" = "intent"."day"
WHERE "intent"."day" >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND "intent"."phase" = 'intent'
  AND "result"."sessionid" IS NULL;
