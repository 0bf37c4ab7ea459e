import { execFileSync } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { type TempFolder, tempFolder, writeTree } from '../../host/testing.ts'
import { createTrust, parseCertificates, probeTls, systemAuthorities, type TlsAnswer, type Trust } from '../index.ts'
import { createStopwatch } from '../stopwatch.ts'
import { type Authority, createAuthority, type Issued, selfSigned } from './testing-certificates.ts'

const clock = systemClock()
const ask = (timeoutMs = 5000) => ({
  clock,
  stopwatch: createStopwatch(clock),
  timeoutMs,
  signal: new AbortController().signal,
})

let folder: TempFolder
let authority: Authority
let trust: Trust
beforeAll(async () => {
  folder = await tempFolder()
  authority = createAuthority(folder.path)
  trust = createTrust({ authorities: authority.cert })
})
afterAll(() => folder?.[Symbol.asyncDispose]())

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}

/** What the server was told, byte for byte, over TLS. */
async function startTls(options: TlsOptions): Promise<{ port: number; told: Buffer[]; closed: Promise<unknown> }> {
  const told: Buffer[] = []
  const { promise: closed, resolve } = Promise.withResolvers()
  const server = createServer(options, (socket: TLSSocket) => {
    socket.on('data', (chunk: Buffer) => told.push(chunk))
    socket.on('error', () => {})
    socket.on('close', resolve)
  })
  return { port: await portOf(server), told, closed }
}

async function startTcp(serve: (socket: Socket) => void): Promise<number> {
  return portOf(
    createTcpServer((socket) => {
      socket.on('error', () => {})
      serve(socket)
    }),
  )
}

async function shown(issued: Issued, serverName = 'good.test', by = trust): Promise<TlsAnswer> {
  const { port, told, closed } = await startTls({ cert: issued.cert, key: issued.key })
  const probed = await probeTls(ask(), { place: { address: '127.0.0.1', port }, serverName, trust: by })
  if (!probed.ok) throw new Error(probed.failure.message)
  await closed
  expect(told).toEqual([])
  return probed.answer
}

const refused = (kind: string, code: string, message: string) => ({
  verified: false,
  faults: [{ kind, code, message }],
})

describe('a certificate', () => {
  it('is verified by a name and by an address, and its facts are told', async () => {
    const issued = authority.issue()
    for (const name of ['good.test', 'GOOD.test.', '127.0.0.1']) {
      const answer = await shown(issued, name)
      expect(answer).toMatchObject({
        protocol: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        verification: { verified: true },
      })
      expect(answer.chain).toMatchObject([
        {
          subject: 'CN=good.test',
          issuer: 'CN=test authority',
          names: ['good.test', '127.0.0.1'],
          notBefore: new Date('2020-01-01T00:00:00Z'),
          notAfter: new Date('2090-01-01T00:00:00Z'),
          serial: expect.stringMatching(/^[0-9A-F]+$/),
          fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        },
      ])
    }
  })

  it.each([
    ['20200101000000Z', '20210102000000Z', refused('expired', 'CERT_HAS_EXPIRED', 'it expired on 2021-01-02')],
    ['19700101000000Z', '19700102000000Z', refused('expired', 'CERT_HAS_EXPIRED', 'it expired on 1970-01-02')],
    [
      '20890101000000Z',
      '99991231235959Z',
      refused(
        'not-yet-valid',
        'CERT_NOT_YET_VALID',
        expect.stringMatching(
          /^it is valid from 2089-01-01 on, and by the clock of this machine it is 20\d\d-\d\d-\d\d$/,
        ),
      ),
    ],
    ['20200101000000Z', '99991231235959Z', { verified: true }],
  ])('of %s to %s is looked at', async (from, to, verification) => {
    const answer = await shown(authority.issue({ from, to }))
    expect(answer.verification).toEqual(verification)
    expect(answer.chain[0]?.notAfter?.toISOString().replaceAll(/[-:T]|\.000/g, '')).toBe(to)
  })

  it('is for others', async () => {
    expect((await shown(authority.issue(), 'other.test')).verification).toEqual(
      refused('name-mismatch', 'HOSTNAME_MISMATCH', 'it is for good.test, 127.0.0.1, and not for other.test'),
    )
    expect((await shown(authority.issue({ names: '' }))).verification).toEqual(
      refused('name-mismatch', 'HOSTNAME_MISMATCH', 'it is for nobody by name, and not for good.test'),
    )
    const many = authority.issue({ names: 'DNS:a.test,DNS:*.b.test,DNS:c*.test,DNS:d.test,DNS:e.test' })
    expect((await shown(many, '127.0.0.1')).verification).toMatchObject({
      faults: [{ message: 'it is for a.test, *.b.test, c*.test and 2 more, and not for 127.0.0.1' }],
    })
    expect((await shown(many, 'x.b.test')).verification.verified).toBe(true)
    for (const name of ['x.y.b.test', 'b.test', 'cx.test'])
      expect((await shown(many, name)).verification.verified).toBe(false)
  })

  it('is for nobody whose name cannot be one', async () => {
    const issued = authority.issue({ names: 'DNS:good.test,IP:fe80::1' })
    for (const name of ['.test', '', 'a\0b', 'x'.repeat(300)])
      expect((await shown(issued, name)).verification).toMatchObject({ faults: [{ kind: 'name-mismatch' }] })
    expect((await shown(issued, 'fe80::1%eth0')).verification).toEqual({ verified: true })
  })

  it('is expired and for others', async () => {
    const old = authority.issue({ to: '20210101000000Z' })
    expect((await shown(old, 'other.test')).verification).toMatchObject({
      faults: [{ kind: 'expired' }, { kind: 'name-mismatch' }],
    })
  })

  it('is of nobody who is known', async () => {
    const other = await tempFolder()
    onTestFinished(() => other[Symbol.asyncDispose]())
    const stranger = createAuthority(other.path, 'stranger')
    expect((await shown(stranger.issue())).verification).toEqual(
      refused(
        'unknown-authority',
        'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
        'nobody trusted has signed it: its authority is CN=stranger',
      ),
    )
    expect((await shown(authority.issue(), 'good.test', createTrust())).verification.verified).toBe(false)
    expect((await shown(selfSigned(other.path))).verification).toEqual(
      refused('self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'it has signed itself'),
    )
    // A new authority and the old one, as in a rotation: either will do.
    const both = createTrust({ authorities: `${authority.cert}${stranger.cert}` })
    for (const issued of [authority.issue(), stranger.issue()])
      expect((await shown(issued, 'good.test', both)).verification.verified).toBe(true)
  })

  it('is known itself, without its authority: a file of its own is enough', async () => {
    const issued = authority.issue()
    expect((await shown(issued, 'good.test', createTrust({ authorities: issued.cert }))).verification).toEqual({
      verified: true,
    })
    const own = selfSigned(folder.path)
    expect((await shown(own, 'good.test', createTrust({ authorities: own.cert }))).verification).toEqual({
      verified: true,
    })
    expect(
      (await shown(authority.issue(), 'good.test', createTrust({ authorities: issued.cert }))).verification.verified,
    ).toBe(false)
  })

  it('is shown with those between', async () => {
    const answer = await shown(authority.below().issue())
    expect(answer.chain.map(({ subject }) => subject)).toEqual(['CN=good.test', 'CN=between'])
    expect(answer.verification.verified).toBe(true)
    const old = await shown(authority.below({ to: '20220101000000Z' }).issue())
    expect(old.verification).toEqual(
      refused('expired', 'CERT_HAS_EXPIRED', 'it expired on 2022-01-01, of CN=between above it'),
    )
  })

  it('is well itself, and its authority out of its time, which it does not show', async () => {
    const leafOf = ({ cert, key }: Issued): Issued => ({
      cert: `${cert.split('-----END')[0]}-----END CERTIFICATE-----\n`,
      key,
    })
    const gone = authority.below({ to: '20220101000000Z' })
    expect(
      (await shown(leafOf(gone.issue()), 'good.test', createTrust({ authorities: gone.cert }))).verification,
    ).toEqual(
      refused(
        'expired',
        'CERT_HAS_EXPIRED',
        'its authority, CN=between, which is trusted here and not shown, has expired',
      ),
    )
    const coming = authority.below({ from: '20890101000000Z' })
    expect(
      (await shown(leafOf(coming.issue()), 'good.test', createTrust({ authorities: coming.cert }))).verification,
    ).toMatchObject({
      faults: [{ message: expect.stringContaining('which is trusted here and not shown, is not valid yet') }],
    })
  })

  it('has a key that is too short', async () => {
    const [key, cert] = ['short.key', 'short.pem'].map((name) => join(folder.path, name)) as [string, string]
    const made = ['-newkey', 'rsa:1024', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=good.test']
    execFileSync('openssl', ['req', '-x509', ...made, '-addext', 'subjectAltName=DNS:good.test'], { stdio: 'pipe' })
    const [ours, theirs] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')])
    const { port } = await startTls({ cert: ours, key: theirs, ciphers: 'DEFAULT:@SECLEVEL=0' })
    const place = { address: '127.0.0.1', port }
    const by = createTrust({ authorities: ours })
    expect(await probeTls(ask(), { place, serverName: 'good.test', trust: by })).toMatchObject({
      answer: {
        verification: {
          faults: [
            { kind: 'invalid', message: 'it is not accepted: its key is too short (RSA: 1024 bits, and not 2,048)' },
          ],
        },
      },
    })
  })

  it('has a name that its authority may not sign for', async () => {
    const [key, cert, leafKey, csr, leaf, ext] = ['nc.key', 'nc.pem', 'ncl.key', 'ncl.csr', 'ncl.pem', 'ncl.ext'].map(
      (name) => join(folder.path, name),
    ) as [string, string, string, string, string, string]
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const only = ['-addext', 'nameConstraints=critical,permitted;DNS:other.test']
    openssl('req', '-x509', ...ec, '-keyout', key, '-out', cert, '-subj', '/CN=kept', ...only)
    openssl('req', ...ec, '-keyout', leafKey, '-out', csr, '-subj', '/CN=leaf')
    await writeFile(ext, 'subjectAltName=DNS:good.test')
    openssl('x509', '-req', '-in', csr, '-CA', cert, '-CAkey', key, '-CAcreateserial', '-extfile', ext, '-out', leaf)
    const [ours, theirs, by] = await Promise.all([leaf, leafKey, cert].map((path) => readFile(path, 'utf8')))
    const { port } = await startTls({ cert: ours!, key: theirs! })
    const place = { address: '127.0.0.1', port }
    const message = 'it is not accepted; often a weak key or signature, or a name that its authority may not sign for'
    expect(
      await probeTls(ask(), { place, serverName: 'good.test', trust: createTrust({ authorities: by! }) }),
    ).toMatchObject({ answer: { verification: { faults: [{ kind: 'invalid', message }] } } })
  })
})

describe('a handshake', () => {
  it('is told with how much came of it: whether more than one packet got through', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `DNS:name-${at}.of.a.node.in.a.cluster.test`).join(',')
    const bytesOf = async ({ cert, key }: { cert: string; key: string }) => {
      const { port } = await startTls({ cert, key })
      const by = createTrust({ authorities: authority.cert })
      const probed = await probeTls(ask(), {
        place: { address: '127.0.0.1', port },
        serverName: 'good.test',
        trust: by,
      })
      return probed.ok ? probed.answer.receivedBytes : expect.fail(probed.failure.message)
    }
    const [few, many] = [await bytesOf(authority.issue()), await bytesOf(authority.issue({ names }))]
    expect([few > 500, many - few > 2_000]).toEqual([true, true])
  })

  it('shows our own certificate where it is asked for', async () => {
    const ours = authority.issue()
    const { cert, key } = authority.issue()
    const server = createServer({ cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: false })
    const place = { address: '127.0.0.1', port: await portOf(server) }
    const seen = once(server, 'secureConnection').then(([socket]) => (socket as TLSSocket).authorized)
    await probeTls(ask(), {
      place,
      serverName: 'good.test',
      trust: createTrust({ authorities: authority.cert, certificate: ours.cert, key: ours.key }),
    })
    expect(await seen).toBe(true)
  })

  it.each([
    ['closes', 'reset', 'connection broken off by the other side at', (socket: Socket) => socket.end()],
    [
      'breaks off',
      'reset',
      'connection broken off by the other side at',
      (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()),
    ],
    [
      'speaks something else',
      'malformed',
      'no TLS is spoken at',
      (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    ],
    ['is silent', 'timeout', 'no answer from', () => {}],
  ])('with one who %s has failed', async (_, kind, message, serve) => {
    const port = await startTcp(serve)
    const probed = await probeTls(ask(kind === 'timeout' ? 200 : 5000), {
      place: { address: '127.0.0.1', port },
      serverName: 'good.test',
      trust,
    })
    expect(probed).toMatchObject({
      ok: false,
      failure: { kind, message: expect.stringContaining(`${message} 127.0.0.1:${port}`) },
    })
  })

  it('with one who knows only old versions has failed', async () => {
    const { cert, key } = authority.issue()
    const { port } = await startTls({
      cert,
      key,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    expect(
      await probeTls(ask(), { place: { address: '127.0.0.1', port }, serverName: 'good.test', trust }),
    ).toMatchObject({
      ok: false,
      failure: { kind: 'unexpected', message: `no TLS of version 1.2 or later is spoken at 127.0.0.1:${port}` },
    })
  })
})

describe('trust', () => {
  it('is not made of what cannot be read', () => {
    for (const authorities of ['', 'garbage', '-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n'])
      expect(() => createTrust({ authorities })).toThrow(
        'there is no certificate among the authorities; they are PEM, -----BEGIN CERTIFICATE-----',
      )
    const [one, other] = [authority.issue(), authority.issue()]
    expect(() => createTrust({ certificate: one.cert, key: other.key })).toThrow(
      'cannot read our own certificate and its key; both are PEM, and belong together',
    )
  })

  it('is of all that can be read in a file, behind what cannot too', async () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    const by = createTrust({ authorities: `${broken}${selfSigned(folder.path).cert}${broken}${authority.cert}` })
    expect((await shown(authority.issue(), 'good.test', by)).verification).toEqual({ verified: true })
  })

  it("is the machine's, where it keeps it", async () => {
    await using root = await tempFolder()
    const { files } = createHost({ root: root.path })
    expect(await systemAuthorities(files)).toBeUndefined()
    await writeTree(root.path, { 'etc/pki/tls/certs/ca-bundle.crt': authority.cert })
    expect(await systemAuthorities(files)).toBe(authority.cert)
  })

  it('is not of files that hold something else beside certificates', () => {
    const { cert, key } = authority.issue()
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    expect(parseCertificates(`words\n${key}${cert}${broken}${authority.cert}`)).toMatchObject({
      certificates: [{ subject: 'CN=good.test' }, { subject: 'CN=test authority' }],
      unreadable: 1,
    })
    expect(parseCertificates('')).toEqual({ certificates: [], unreadable: 0 })
  })
})

it('leaves nothing of a handshake that was shaken, whose signal lives on', async () => {
  const composed = vi.spyOn(AbortSignal, 'any')
  await shown(authority.issue())
  const signals = composed.mock.results.map(({ value }) => value as AbortSignal)
  composed.mockRestore()
  expect(signals.map((signal) => getEventListeners(signal, 'abort').length)).toEqual(signals.map(() => 0))
  expect(signals.length).toBeGreaterThan(0)
})
