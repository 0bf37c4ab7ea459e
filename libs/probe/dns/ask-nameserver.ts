/** One question to one nameserver, by one protocol. */
import { randomInt } from 'node:crypto'
import { isIP } from 'node:net'
import { asked, ProbeFailedError } from '../ask.ts'
import { placeText, timedOut } from '../failure.ts'
import type { Ask, Failure, FailureKind, Place } from '../types.ts'
import { MalformedMessageError } from './errors.ts'
import { exchangeTcp, exchangeUdp } from './exchange.ts'
import { encodeQuery, isAnswerTo, type Query, type Reply, readReply } from './message.ts'
import { absoluteName } from './name.ts'
import type { DnsProbed, DnsProtocol, DnsQuestion } from './types.ts'
import { withNamedZone } from './zone.ts'

function failed(kind: FailureKind, message: string, code = ''): ProbeFailedError {
  return new ProbeFailedError({ kind, code, message })
}

/** What can be asked, and where. */
function checked(server: Place, question: DnsQuestion, where: string): { place: Place; question: DnsQuestion } {
  if (isIP(server.address) === 0) throw failed('local', `not an address that can be asked from here: ${where}`)
  const name = absoluteName(question.name)
  if (name === undefined) throw failed('name', `not a name that can be asked for: ${JSON.stringify(question.name)}`)
  return { place: { ...server, address: withNamedZone(server.address) }, question: { ...question, name } }
}

/**
 * Who sends so many messages that are no answer is not listened to any longer: at full speed that would take a whole processor, and who
 * forges answers has less than one in six of the right id.
 */
const STRANGERS_MAX = 10_000

/** Reads what is an answer to the query; the rest is counted. @param onStranger returns how many there were */
function readerOf(query: Query, where: string, onStranger: () => number) {
  return (message: Buffer): Reply | undefined => {
    if (!isAnswerTo(message, query)) {
      if (onStranger() < STRANGERS_MAX) return undefined
      throw failed('malformed', `more than ${STRANGERS_MAX} messages from ${where}, and none is an answer`)
    }
    try {
      return readReply(message, query)
    } catch (err) {
      if (!(err instanceof MalformedMessageError)) throw err
      throw failed('malformed', `no DNS message in the answer of ${where}: ${err.message}`, err.code)
    }
  }
}

/** 0 to 65535, by nobody to be guessed. Monitors have `node:crypto` anyway; the global would load WebCrypto beside it, 0.35 MiB. */
function randomId(): number {
  return randomInt(0x1_0000)
}

/** What came instead of an answer. */
interface Instead {
  strangers: number
  part: string
}

/** "no answer … within 2000 ms; 3 other messages from there were ignored" */
function lateFailure(where: string, timeoutMs: number, { strangers, part }: Instead): Failure {
  const failure = timedOut(where, timeoutMs)
  const ignored = strangers === 1 ? '1 other message from there was' : `${strangers} other messages from there were`
  const texts = [failure.message, strangers === 0 ? '' : `${ignored} ignored`, part === '' ? '' : `${part} came`]
  return { ...failure, message: texts.filter((text) => text !== '').join('; ') }
}

/**
 * Asks one nameserver one question. Only a message from the asked place with the asked id and question is an answer; all else is
 * ignored until the time is up. Whatever the response code, an answer is one: `ok` says that the nameserver spoke. One that is
 * truncated is not asked again by TCP, that is for the caller. Where the nameserver does not know EDNS (FORMERR without a word of it;
 * RFC 6891, 7) the question is repeated without, within the same time.
 * @param server a literal address, and port 53
 * @throws the reason of the probe's own signal, once that is aborted
 */
export async function askNameserver(
  ask: Ask,
  server: Place,
  protocol: DnsProtocol,
  question: DnsQuestion,
): Promise<DnsProbed> {
  const where = `${placeText(server)} over ${protocol.toUpperCase()}`
  const instead: Instead = { strangers: 0, part: '' }
  const probed = await asked(ask, where, async (signal) => {
    const sound = checked(server, question, where)
    const exchange = async (edns: boolean): Promise<Reply> => {
      const query = encodeQuery(sound.question, randomId(), edns)
      const read = readerOf(query, where, () => (instead.strangers += 1))
      const onPart = (part: string) => (instead.part = part)
      const send = protocol === 'udp' ? exchangeUdp : exchangeTcp
      return await send({ place: sound.place, where, query: query.bytes, read, onPart, signal })
    }
    try {
      const { edns = true } = question
      const reply = await exchange(edns)
      const knowsNoEdns = edns && reply.rcode === 'FORMERR' && !reply.edns
      return { ...(knowsNoEdns ? await exchange(false) : reply), protocol }
    } catch (err) {
      // Also where the probe itself was ended: then that is what is thrown in the end.
      throw signal.aborted ? new ProbeFailedError(lateFailure(where, ask.timeoutMs, instead), err) : err
    }
  })
  return { ...probed, strangers: instead.strangers }
}
