/** Real servers at the other end of a wire: each fault opens one problem, and its end closes it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../../../libs/probe/tls/testing-certificates.ts'
import { type NearCheck, type Networks, startNetworks, whyNoNetworks } from '../../probing/testing-networks.ts'
import { schema } from './config.ts'

const why = whyNoNetworks('openssl', 'python3', 'dnsmasq')
if (why !== '') console.log(`endpoints in a network of their own: ${why}`)

const DNS = '10.78.0.53'

describe.skipIf(why !== '')('endpoints', () => {
  let networks: Networks
  let folder: string
  let check: NearCheck
  const stops = new Map<string, () => Promise<void>>()

  async function start(name: string, port: number, ...command: readonly [string, ...string[]]): Promise<void> {
    await stops.get(name)?.()
    stops.set(name, networks.startFar(...command))
    networks.far(`timeout 20 sh -c 'until ss -lnut sport = ${port} | grep -q ${port}; do sleep 0.02; done'`)
  }
  const web = () => start('web', 8080, 'python3', '-m', 'http.server', '--directory', join(folder, 'www'), '8080')
  const dns = (address: string) => {
    const own = [
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--pid-file=',
      '--bind-interfaces',
      '--user=root',
    ]
    const listen = [`--listen-address=${DNS}`, '--keep-in-foreground', `--address=/web.corp.example/${address}`]
    return start('dns', 53, 'dnsmasq', ...own, ...listen)
  }
  /** @param to the end of its certificate */
  async function tls(to: string): Promise<void> {
    const { cert, key } = authority.issue({ names: 'DNS:tls.test,IP:10.78.0.2', to })
    await writeFile(join(folder, 'server.pem'), cert + key)
    await start('tls', 8443, 'openssl', 's_server', '-accept', '8443', '-cert', join(folder, 'server.pem'), '-quiet')
  }
  let authority: ReturnType<typeof createAuthority>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nd-n-probe-'))
    await mkdir(join(folder, 'www'))
    await mkdir(join(folder, 'ca'))
    await writeFile(join(folder, 'www/healthz'), 'ok')
    authority = createAuthority(join(folder, 'ca'))
    await writeFile(join(folder, 'ca.pem'), authority.cert)
    await writeFile(join(folder, 'resolv.conf'), `nameserver ${DNS}\nsearch corp.example\n`)
    networks = await startNetworks('end')
    networks.far(`ip address add ${DNS}/16 dev wire`)
    await Promise.all([web(), dns('10.78.0.2'), tls('20900101000000Z')])
    const config = schema.parse({
      endpoints: [
        { url: 'http://web:8080/healthz', name: 'web' },
        { url: 'tcp://10.78.0.2:8080', name: 'tcp' },
        { url: 'tls://10.78.0.2:8443', name: 'tls' },
      ],
      requestTimeoutMs: 500,
      latencyWarningMs: 400,
      authoritiesPath: join(folder, 'ca.pem'),
      resolvConfPath: join(folder, 'resolv.conf'),
    })
    check = await networks.startCheck({ check: 'connectivity', config })
  }, 40_000)
  afterAll(async () => {
    await networks?.close()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  async function opens(faulty: () => unknown, problems: readonly string[], mended: () => unknown): Promise<void> {
    await faulty()
    try {
      expect(await check.settled()).toEqual(problems)
    } finally {
      await mended()
    }
    expect(await check.settled()).toEqual([])
  }

  it('with all as it should be nothing is said', async () => {
    expect(await check.settled()).toEqual([])
  })

  it('whose server is gone are refused', async () => {
    const stop = () => stops.get('tls')?.()
    await opens(stop, ['EndpointUnreachable endpoint:tls ConnectionRefused'], () => tls('20900101000000Z'))
  })

  it('that answer something else than what is expected', async () => {
    const missing = () => rm(join(folder, 'www/healthz'))
    const back = () => writeFile(join(folder, 'www/healthz'), 'ok')
    await opens(missing, ['EndpointUnreachable endpoint:web UnexpectedAnswer'], back)
  })

  it('that say nothing', async () => {
    const drop = () => networks.far('iptables -A INPUT -p tcp --dport 8443 -j DROP')
    await opens(drop, ['EndpointUnreachable endpoint:tls NoAnswer'], () => networks.far('iptables -F'))
  })

  it('whose name nobody knows any more', async () => {
    const unknown = () =>
      start(
        'dns',
        53,
        'dnsmasq',
        '--conf-file=/dev/null',
        '--no-resolv',
        '--no-hosts',
        '--pid-file=',
        '--bind-interfaces',
        '--user=root',
        `--listen-address=${DNS}`,
        '--keep-in-foreground',
        '--local=/corp.example/',
      )
    await opens(unknown, ['EndpointUnreachable endpoint:web NameNotFound'], () => dns('10.78.0.2'))
  })

  it('whose certificate has expired, until it is another one', async () => {
    const expired = () => tls('20240101000000Z')
    await opens(expired, ['EndpointCertificateExpiring endpoint:tls Expired'], () => tls('20900101000000Z'))
  })

  it('whose certificate is of somebody unknown', async () => {
    await mkdir(join(folder, 'other'))
    const known = authority
    authority = createAuthority(join(folder, 'other'), 'somebody else')
    await tls('20900101000000Z')
    const problems = await check.settled()
    authority = known
    await tls('20900101000000Z')
    expect([problems, await check.settled()]).toEqual([['EndpointUnreachable endpoint:tls CertificateInvalid'], []])
  })
})
