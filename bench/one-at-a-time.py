"""What many demos do: faker for each field, one record after the other, each acknowledged before the next is made."""
import json
import random
import sys
import time
from datetime import datetime, timezone

from confluent_kafka import Producer
from faker import Faker

bootstrap_servers, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
fake = Faker()
users = [fake.uuid4() for _ in range(10)]
producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all", "linger.ms": 0})


def record():
    user = random.choice(users)
    return user, {
        "transaction_id": fake.uuid4(),
        "user_id": user,
        "total_paid": fake.random_int(1, 10) * 10,
        "status": fake.random_element(["Paid", "Refused"]),
        "event_timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
    }


began = time.monotonic()
for _ in range(count):
    key, value = record()
    producer.produce(topic, key=key, value=json.dumps(value))
    producer.flush()
print(count / (time.monotonic() - began))
