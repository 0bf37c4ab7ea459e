/**
 * What each user of the embedded server may do. Every service is an account of its own: it takes in from the detector's
 * account only the questions and the subjects listed here. Permissions alone would not do: a reader chooses where an
 * answer goes, and in the detector's own account could have one delivered as a put or a problem (docs/decisions/bus-reading.md).
 */
import {
  type AnyBucket,
  BUCKETS,
  bucketStream,
  bucketSubject,
  CONSUMERS,
  type ConsumerLayout,
  STREAMS,
} from './layout.ts'

/** The account that holds the store and everything said on the bus. A hub's leaf node is bound to it. */
export const OWNER_ACCOUNT = 'ND'
/** Prefix of the JetStream questions in the detector's account, and of the few that readers may ask, in theirs. */
export const OWNER_API = '$JS.API'
export const READER_API = 'ND.API'

export interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

/** Subjects of the detector's account that a reader takes in. */
export interface Access {
  /** Questions and answers, and what it may say. */
  readonly asks: readonly string[]
  /** What it may listen to. */
  readonly hears: readonly string[]
  /** What it says to other readers, and to whom. */
  readonly tells: ConsumerLayout['tells']
  /** What other readers say to it. */
  readonly told: readonly { readonly subject: string; readonly by: string }[]
}

export function inboxPrefix(service: string): string {
  return `_INBOX_${service}`
}

/** Each reader listens here, so that the detector can tell who has not left yet. Nothing is ever said there. */
export function presenceSubject(service: string): string {
  return `nd.presence.${service}`
}

/** How a reader calls a subject of the detector's account: the server keeps `$JS.API` of each account for itself. */
export function readersSubject(subject: string): string {
  return subject.startsWith(`${OWNER_API}.`) ? READER_API + subject.slice(OWNER_API.length) : subject
}

export function ownerPermissions(): Permissions {
  const buckets = Object.keys(BUCKETS) as AnyBucket[]
  return {
    publish: [
      'nd.event.*.*',
      'nd.problem.*.*',
      'nd.metric.*',
      'nd.heartbeat',
      presenceSubject('*'),
      ...buckets.map((bucket) => `${bucketSubject(bucket)}.>`),
      `${OWNER_API}.>`,
    ],
    subscribe: [`${inboxPrefix('detector')}.>`],
  }
}

export function accessOf(
  { service, streams, durables, buckets, subscribes, writes, publishes, tells }: ConsumerLayout,
  consumers: readonly ConsumerLayout[] = CONSUMERS,
): Access {
  const readBack = STREAMS.filter(({ name, isReadBack }) => isReadBack && [...streams, ...writes].includes(name))
  return {
    asks: [
      ...publishes,
      // Where a stream that it alone writes ends.
      ...writes.filter((stream) => !streams.includes(stream)).map((stream) => `${OWNER_API}.STREAM.INFO.${stream}`),
      // A message of such a stream, by its number.
      ...readBack.map(({ name }) => `${OWNER_API}.DIRECT.GET.${name}`),
      ...streams.flatMap((stream) => [
        // The next message, one at a time; where the durable stands; what the stream's last sequence is.
        ...durables.flatMap((durable) => [
          `${OWNER_API}.CONSUMER.MSG.NEXT.${stream}.${durable}`,
          `${OWNER_API}.CONSUMER.INFO.${stream}.${durable}`,
        ]),
        `${OWNER_API}.STREAM.INFO.${stream}`,
        ...durables.map((durable) => `$JS.ACK.${stream}.${durable}.>`),
      ]),
      ...buckets.flatMap((bucket) => [
        // The keys of a bucket, and the value of each.
        `${OWNER_API}.STREAM.INFO.${bucketStream(bucket)}`,
        `${OWNER_API}.DIRECT.GET.${bucketStream(bucket)}.>`,
      ]),
    ],
    hears: [...subscribes, presenceSubject(service), ...buckets.map((bucket) => `${bucketSubject(bucket)}.>`)],
    tells,
    told: consumers.flatMap(({ service: by, tells: said }) =>
      said.flatMap(({ subject, to }) => (to.includes(service) ? [{ subject, by }] : [])),
    ),
  }
}

/** In its own account, where nobody else is: kept as narrow as what is taken in, so that a mistake is refused loudly. */
export function readerPermissions(access: Access, service: string): Permissions {
  return {
    publish: [...access.asks.map(readersSubject), ...access.tells.map(({ subject }) => subject)],
    subscribe: [`${inboxPrefix(service)}.>`, ...access.hears],
  }
}

/** What every reader takes in, by service. */
export function allAccess(consumers: readonly ConsumerLayout[] = CONSUMERS): ReadonlyMap<string, Access> {
  return new Map(consumers.map((layout) => [layout.service, accessOf(layout, consumers)]))
}
