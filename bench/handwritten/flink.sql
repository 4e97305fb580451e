-- What a person would write: a legacy group window, and an average by integer division.
CREATE TABLE transactions (
  transaction_id STRING,
  user_id STRING,
  total_paid INT,
  status STRING,
  event_timestamp TIMESTAMP(3),
  WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'transactions',
  'properties.bootstrap.servers' = '${kafka.bootstrap_servers}',
  'properties.group.id' = 'by-hand',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
);

CREATE TABLE aggregate_by_hand (
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  total_paid INT,
  total_transactions BIGINT,
  average_paid BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'aggregate_by_hand',
  'properties.bootstrap.servers' = '${kafka.bootstrap_servers}',
  'format' = 'json'
);

INSERT INTO aggregate_by_hand
SELECT
  TUMBLE_START(event_timestamp, INTERVAL '3' SECOND),
  TUMBLE_END(event_timestamp, INTERVAL '3' SECOND),
  SUM(total_paid),
  COUNT(*),
  SUM(total_paid) / COUNT(*)
FROM transactions
WHERE status = 'Paid'
GROUP BY TUMBLE(event_timestamp, INTERVAL '3' SECOND);
