# What a person would write: update mode, no watermark, the default 200 shuffle partitions.
import os

from pyspark.sql import SparkSession
from pyspark.sql.functions import avg, col, count, from_json, struct, sum, to_json, window

spark = SparkSession.builder.appName("by-hand").getOrCreate()

schema = "transaction_id STRING, user_id STRING, total_paid INT, status STRING, event_timestamp TIMESTAMP"

transactions = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", os.environ["KAFKA_BOOTSTRAP_SERVERS"])
    .option("subscribe", "transactions")
    .option("startingOffsets", "earliest")
    .load()
    .select(from_json(col("value").cast("string"), schema).alias("row"))
    .select("row.*")
    .where(col("status") == "Paid")
)

(
    transactions.groupBy(window("event_timestamp", "3 seconds"))
    .agg(
        sum("total_paid").alias("total_paid"),
        count("*").alias("total_transactions"),
        avg("total_paid").alias("average_paid"),
    )
    .select(to_json(struct("*")).alias("value"))
    .writeStream.format("kafka")
    .option("kafka.bootstrap.servers", os.environ["KAFKA_BOOTSTRAP_SERVERS"])
    .option("topic", "aggregate_by_hand")
    .option("checkpointLocation", os.environ["PIPEC_CHECKPOINT"])
    .outputMode("update")
    .start()
    .awaitTermination()
)
