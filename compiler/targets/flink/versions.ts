/** The versions that the job was tried on; the connector is made for the minor version of Flink. */
export const versions = { flink: '2.2.1', kafkaConnector: '5.0.0-2.2' } as const
