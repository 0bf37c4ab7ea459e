/**
 * What each user of the server may do. Readers get no right to create a consumer: one with a chosen delivery subject
 * could speak in the detector's name. They read buckets by direct get and by listening to the puts themselves.
 */
import { bucketStream, bucketSubject, CONSUMERS, type ConsumerLayout } from './layout.ts'

export interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

export function inboxPrefix(service: string): string {
  return `_INBOX_${service}`
}

export function detectorPermissions(): Permissions {
  return {
    publish: ['nd.event.*.*', 'nd.problem.*.*', 'nd.metric.*', 'nd.heartbeat', '$KV.>', '$JS.API.>', '$JS.ACK.>'],
    subscribe: [`${inboxPrefix('detector')}.>`, '$KV.>', 'nd.>'],
  }
}

export function consumerPermissions({ service, streams, buckets, subscribes, publishes }: ConsumerLayout): Permissions {
  return {
    publish: [
      ...publishes,
      ...streams.flatMap((stream) => [
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.${service}`,
        `$JS.API.CONSUMER.INFO.${stream}.${service}`,
        `$JS.ACK.${stream}.${service}.>`,
      ]),
      ...buckets.flatMap((bucket) => [
        `$JS.API.STREAM.INFO.${bucketStream(bucket)}`,
        `$JS.API.DIRECT.GET.${bucketStream(bucket)}`,
        `$JS.API.DIRECT.GET.${bucketStream(bucket)}.>`,
      ]),
    ],
    subscribe: [`${inboxPrefix(service)}.>`, ...subscribes, ...buckets.map((bucket) => `${bucketSubject(bucket)}.>`)],
  }
}

/** Every user, by service name. */
export function allPermissions(): ReadonlyMap<string, Permissions> {
  return new Map([
    ['detector', detectorPermissions()],
    ...CONSUMERS.map((layout) => [layout.service, consumerPermissions(layout)] as const),
  ])
}
