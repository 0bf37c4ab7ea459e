/** What is to be known of a certificate. */
import { X509Certificate } from 'node:crypto'

/** A certificate, as it says itself. */
export interface Certificate {
  /** "O=x, CN=y" */
  readonly subject: string
  readonly issuer: string
  /** In hexadecimal. */
  readonly serial: string
  /** Undefined where what stands there is no time. */
  readonly notBefore: Date | undefined
  readonly notAfter: Date | undefined
  /** The DNS names and the addresses it is for; its subject counts for nothing. */
  readonly names: readonly string[]
  /** SHA-256, as `openssl x509 -fingerprint` writes it. */
  readonly fingerprint: string
}

const BLOCK = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g
/** "DNS:a, IP Address:127.0.0.1, DNS:\"b, c\"": what could be taken for more than one is quoted as JSON. */
const NAME = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g

/** The blocks of a file of certificates. */
export function pemBlocks(pem: string): readonly string[] {
  return pem.match(BLOCK) ?? []
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text
  try {
    return String(JSON.parse(text))
  } catch {
    // Quoted as nobody else does: it stands for itself.
    return text
  }
}

/** The DNS names and addresses among the alternative names, as Node writes them. */
export function namesIn(subjectAltName = ''): readonly string[] {
  return [...subjectAltName.matchAll(NAME)]
    .filter(([, kind]) => kind === 'DNS' || kind === 'IP Address')
    .map(([, , name = '']) => lineOf(unquoted(name)))
}

function timeIn(text: string): Date | undefined {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? undefined : time
}

/** So long is a name of DNS at most; who writes more writes it for nobody. */
const TEXT_MAX = 253

/** What a stranger wrote, on one line for people: Node writes "C=DE\\nCN=x". */
export function lineOf(text: string | undefined): string {
  const line = (text ?? '').replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ', ')
  return line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX)}…` : line
}

/** What a certificate says of itself. Texts are cut, and have no control characters: they are for people. */
export function certificateOf(x509: X509Certificate): Certificate {
  return {
    subject: lineOf(x509.subject),
    issuer: lineOf(x509.issuer),
    serial: x509.serialNumber,
    notBefore: timeIn(x509.validFrom),
    notAfter: timeIn(x509.validTo),
    names: namesIn(x509.subjectAltName),
    fingerprint: x509.fingerprint256,
  }
}

/** What a file of certificates holds. */
export interface CertificateFile {
  /** In their order. */
  readonly certificates: readonly Certificate[]
  /** Blocks that are none. */
  readonly unreadable: number
}

/** Reads a file of certificates (PEM), whatever else stands in it. Never throws. */
export function parseCertificates(pem: string): CertificateFile {
  const blocks = pemBlocks(pem)
  const certificates = blocks.flatMap((block) => {
    try {
      return [certificateOf(new X509Certificate(block))]
    } catch {
      // Counted below.
      return []
    }
  })
  return { certificates, unreadable: blocks.length - certificates.length }
}
