"""Apache Kafka itself on a local JVM: the broker that counts."""
