-- The floor: the same records, parsed and thrown away.
CREATE TABLE transactions (
  transaction_id STRING,
  user_id STRING,
  total_paid INT,
  status STRING,
  event_timestamp TIMESTAMP(3)
) WITH (
  'connector' = 'kafka',
  'topic' = 'transactions',
  'properties.bootstrap.servers' = '${kafka.bootstrap_servers}',
  'properties.group.id' = 'parse-only',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true'
);

CREATE TABLE nowhere (
  transaction_id STRING,
  user_id STRING,
  total_paid INT,
  status STRING,
  event_timestamp TIMESTAMP(3)
) WITH ('connector' = 'blackhole');

INSERT INTO nowhere SELECT * FROM transactions;
