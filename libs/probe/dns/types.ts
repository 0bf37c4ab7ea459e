/** What is asked of a nameserver, and what it says. */
import type { Probed } from '../types.ts'

/** Types of records that can be asked for. */
export type DnsType = 'A' | 'AAAA' | 'CNAME' | 'MX' | 'NS' | 'PTR' | 'SOA' | 'SRV' | 'TXT'

/** By which protocol a nameserver is asked. */
export type DnsProtocol = 'udp' | 'tcp'

/** One question. */
export interface DnsQuestion {
  /** Absolute, with its last dot or without: no search path is added. ASCII; names of other scripts as `xn--`. */
  readonly name: string
  readonly type: DnsType
  /**
   * Whether it says that answers of 1,232 bytes are welcome (RFC 6891). Default true; false is how glibc asks by itself, and is answered
   * also where a firewall swallows questions that say so.
   */
  readonly edns?: boolean | undefined
}

/**
 * A record of an answer. Names in it are absolute; bytes that are no printable ASCII, and dots within a label, as `\DDD` or `\.`
 * (RFC 1035, 5.1).
 */
export interface DnsRecord {
  readonly name: string
  /** "A", "CNAME"; "TYPE65" where we have no name for it (RFC 3597). */
  readonly type: string
  /** 0 to 2^31 - 1. */
  readonly ttlS: number
  /** As in a zone file: "10.0.0.1", "www.example.com.", "10 mail.example.com."; of a type we do not read "\# 4 0a000001". */
  readonly data: string
}

/** What a nameserver said. That a name does not exist, or that it does not want to say, is an answer too. */
export interface DnsAnswer {
  /** "NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED" …; "RCODE12" where it has no name. */
  readonly rcode: string
  /** The answer section, as it came; of class IN. */
  readonly records: readonly DnsRecord[]
  /** Addresses (A or AAAA) of the asked name, over its aliases; none where another type was asked for. */
  readonly addresses: readonly string[]
  /** What the asked name is another name for (CNAME), in turn. */
  readonly aliases: readonly string[]
  /** There is more than fitted: over TCP it would be whole. */
  readonly truncated: boolean
  readonly authoritative: boolean
  /** It asks others for who asks it. */
  readonly recursionAvailable: boolean
  /** Length of the message. */
  readonly sizeBytes: number
  readonly protocol: DnsProtocol
  /** It knows EDNS (RFC 6891). */
  readonly edns: boolean
}

/** What came of a question. */
export type DnsProbed = Probed<DnsAnswer> & {
  /** Messages from the asked place that were no answer to this question, and were ignored. */
  readonly strangers: number
}
