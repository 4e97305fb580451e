/** What ksqlDB can do; each "instead" completes "ksqlDB cannot …: ". */
import type { Capabilities } from '../target.ts'

export const capabilities: Capabilities = {
  'window-tumbling': 'yes',
  'window-hopping': 'yes',
  'window-session': 'yes',
  'window-offset': {
    instead: 'its windows are aligned to the epoch; remove the offset, or leave ksqldb out of "engines"',
  },
  'event-time-pattern': 'yes',
  'event-time-iso8601': 'yes',
  'event-time-epoch-millis': 'yes',
  'event-time-epoch-seconds': 'yes',
  'time-zone': 'yes',
  'several-partitions': 'yes',
  'group-by': 'yes',
  'type-decimal': 'yes',
  'type-timestamp': 'yes',
  'aggregate-sum-avg': 'yes',
  'aggregate-min-max': 'yes',
  'aggregate-min-max-string': 'yes',
  'aggregate-min-max-timestamp': 'yes',
  'aggregate-count-distinct': {
    instead: 'its COUNT_DISTINCT only estimates; leave ksqldb out of "engines", or remove the metric',
  },
  'expression-arithmetic': 'yes',
  'expression-case': 'yes',
  'expression-cast': 'yes',
  'expression-like': 'yes',
  'expression-number-functions': 'yes',
  'expression-text-functions': 'yes',
}
