/**
 * Places for connections: a bounded number of one address and in all. Who comes when there is none takes the place of
 * one that asks nothing (idle, or half a request), first of its own address: a probe always finds one, however many
 * connections others hold. A stream leaves its place and has one among the streams.
 */

/** Connections of one address that may stand open, streams left out. */
export const PER_ADDRESS = 16
/** And of all addresses. */
export const IN_ALL = 192
/** Streams of one address. */
export const STREAMS_PER_ADDRESS = 8

/** A connection as far as it is needed here; a socket. */
export interface Guest {
  readonly remoteAddress?: string | undefined
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

interface Place {
  readonly address: string
  /** Requests that are being answered. */
  busy: number
  isStream: boolean
}

export interface Places {
  /** A connection came: it gets a place, somebody's else, or is cut. */
  arrived(guest: Guest): void
  /** It asks something. Returns what to call when that is answered. */
  asks(guest: Guest): () => void
  /** It becomes a stream. False: its address follows enough of them. */
  follows(guest: Guest): boolean
  readonly open: number
}

/** "::ffff:10.0.0.1" is 10.0.0.1. */
function addressOf({ remoteAddress = '' }: Guest): string {
  return remoteAddress.replace(/^::ffff:/i, '')
}

export function createPlaces(): Places {
  // In the order of their coming.
  const places = new Map<Guest, Place>()

  function ordinary(address?: string): [Guest, Place][] {
    return [...places].filter(([, place]) => !place.isStream && (address === undefined || place.address === address))
  }

  /** The oldest that asks nothing gives up its place. False: all of them are being answered. */
  function makeRoom(among: readonly [Guest, Place][]): boolean {
    const idle = among.find(([, { busy }]) => busy === 0)
    if (idle === undefined) return false
    places.delete(idle[0])
    idle[0].destroy()
    return true
  }

  /** Those of the address that holds most. */
  function ofTheLargest(all: readonly [Guest, Place][]): [Guest, Place][] {
    const byAddress = Map.groupBy(all, ([, { address }]) => address)
    return [...byAddress.values()].reduce((most, one) => (one.length > most.length ? one : most), [])
  }

  return {
    arrived(guest) {
      const address = addressOf(guest)
      const own = ordinary(address)
      const all = ordinary()
      const hasRoom =
        (own.length < PER_ADDRESS || makeRoom(own)) &&
        (all.length < IN_ALL || makeRoom(ofTheLargest(all)) || makeRoom(all))
      if (!hasRoom) {
        guest.destroy()
        return
      }
      places.set(guest, { address, busy: 0, isStream: false })
      guest.once('close', () => places.delete(guest))
    },
    asks(guest) {
      const place = places.get(guest)
      if (place === undefined) return () => undefined
      place.busy++
      let answered = false
      return () => {
        if (answered) return
        answered = true
        place.busy--
      }
    },
    follows(guest) {
      const place = places.get(guest)
      if (place === undefined) return true
      const streams = [...places.values()].filter(({ address, isStream }) => isStream && address === place.address)
      if (streams.length >= STREAMS_PER_ADDRESS) return false
      place.isStream = true
      return true
    },
    get open() {
      return places.size
    },
  }
}
