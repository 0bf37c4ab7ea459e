/** What each key of the checks that ask others does to what is said of a machine. */

/** A key, a machine, and what it is set to. */
export interface KeyCase {
  readonly key: string
  readonly over: string
  /** Keys beside it, in both. */
  readonly beside?: object
  readonly value: unknown
}

const NAMES = { names: ['a', 'b', 'c'].map((name) => ({ name: `${name}.example` })), tcp: false }
const API = { url: 'https://api.corp.example/', retries: 0 }
const TCP = { url: 'tcp://api.corp.example:5000', retries: 0 }
const FAR = { url: 'http://far.example/', retries: 0 }
const PROXY = 'http://10.1.0.3:3128'
const PEERS = { peers: [2, 3, 4, 5, 6].map((number) => `10.0.0.${number}`) }
const NTP = { servers: ['ntp.corp.example'] }

export const PROBING_CASES: Readonly<Record<string, readonly KeyCase[]>> = {
  'cluster-dns-pod': [
    { key: 'service', over: 'well-own', value: 'other' },
    { key: 'whereDeployed', over: 'hostile-no-token', value: true },
    { key: 'namespace', over: 'well-go', beside: { service: 'overlay' }, value: 'go' },
    { key: 'echoPort', over: 'well-own', value: 9_000 },
    { key: 'requestTimeoutMs', over: 'slow-pod', value: 1_000 },
    { key: 'minSuccessPods', over: 'mixed-others', value: 5 },
    { key: 'sustainedChecks', over: 'sick-own', value: 9 },
  ],
  connectivity: [
    { key: 'url', over: 'well-three', value: 'tcp://10.1.0.8:5000' },
    { key: 'method', over: 'well-three', beside: API, value: 'GET' },
    { key: 'expectedStatusCode', over: 'well-three', beside: API, value: 204 },
    { key: 'followRedirects', over: 'sick-moved', beside: API, value: true },
    { key: 'headers', over: 'sick-moved', beside: API, value: { 'x-probe': '1' } },
    { key: 'endpoints', over: 'well-three', value: [{ url: 'tcp://10.1.0.8:5000' }] },
    { key: 'requestTimeoutMs', over: 'late-prober', beside: TCP, value: 10_000 },
    { key: 'retries', over: 'well-one-of-two', beside: TCP, value: 1 },
    { key: 'latencyWarningMs', over: 'sick-slow', beside: API, value: 5_000 },
    { key: 'certificateDays', over: 'sick-expiring', beside: { ...API, certificateLastDays: 0 }, value: 1 },
    { key: 'certificateLastDays', over: 'sick-ending', beside: API, value: 1 },
    { key: 'sustainedChecks', over: 'sick-refused', beside: TCP, value: 9 },
    { key: 'authoritiesPath', over: 'well-three', beside: API, value: '/nowhere' },
    {
      key: 'verifyCertificate',
      over: 'sick-stranger',
      beside: { url: 'tls://api.corp.example:6443', retries: 0 },
      value: false,
    },
    { key: 'proxy', over: 'well-proxied', beside: FAR, value: PROXY },
    { key: 'noProxy', over: 'well-proxied', beside: { ...FAR, proxy: PROXY }, value: 'far.example' },
    { key: 'resolvConfPath', over: 'well-three', beside: API, value: '/nowhere' },
  ],
  dns: [
    { key: 'names', over: 'well-cluster', value: [{ name: 'db.corp.example' }] },
    { key: 'searchName', over: 'well-air-gapped', value: 'db' },
    { key: 'cluster', over: 'well-cluster', value: 'none' },
    { key: 'resolvConfPath', over: 'well-cluster', value: '/nowhere' },
    { key: 'tcp', over: 'sick-tcp-refused', value: false },
    { key: 'queryTimeoutMs', over: 'late-prober', value: 4_000 },
    { key: 'latencyWarningMs', over: 'sick-slow', value: 3_000 },
    { key: 'searchWarningMs', over: 'sick-search-path', value: 5_000 },
    { key: 'sustainedChecks', over: 'sick-tcp-refused', value: 9 },
    { key: 'windowSize', over: 'sick-partly', beside: NAMES, value: 5 },
    { key: 'failureRatio', over: 'sick-partly', beside: NAMES, value: 0.9 },
  ],
  gateway: [
    { key: 'gateways', over: 'well-both', value: ['10.0.0.9'] },
    { key: 'addressFamily', over: 'well-both', value: 'ipv4' },
    { key: 'pingCount', over: 'late-prober', value: 20 },
    { key: 'pingTimeoutMs', over: 'late-prober', value: 4_000 },
    { key: 'latencyWarningMs', over: 'sick-slow', value: 500 },
    { key: 'sustainedChecks', over: 'sick-dead', value: 9 },
  ],
  peers: [
    { key: 'peers', over: 'well-list', value: ['10.0.0.2'] },
    { key: 'slices', over: 'well-slices', value: ['peers'] },
    { key: 'echoPeers', over: 'sick-mtu-pod', value: ['10.1.2.9', '10.1.3.9'] },
    { key: 'echoSlices', over: 'well-slices', value: ['node-doctor/echo'] },
    { key: 'port', over: 'well-list', beside: PEERS, value: 22 },
    { key: 'echoPort', over: 'sick-mtu-pod', beside: { echoPeers: ['10.1.2.9', '10.1.3.9'] }, value: 80 },
    { key: 'requestTimeoutMs', over: 'sick-slow-answers', beside: PEERS, value: 4_000 },
    { key: 'minReachablePeers', over: 'sick-few', beside: { slices: ['peers'] }, value: 40 },
    { key: 'latencyWarningMs', over: 'sick-slow-zone', beside: { slices: ['peers'] }, value: 500 },
  ],
  time: [
    { key: 'servers', over: 'well-right', value: NTP.servers },
    { key: 'offsetWarningMs', over: 'sick-behind', beside: NTP, value: 5_000 },
    { key: 'offsetCriticalMs', over: 'sick-behind', beside: NTP, value: 2_000 },
    { key: 'requestTimeoutMs', over: 'sick-behind', beside: NTP, value: 100 },
    { key: 'sustainedChecks', over: 'sick-behind', beside: NTP, value: 9 },
    { key: 'resolvConfPath', over: 'sick-behind', beside: NTP, value: '/nowhere' },
  ],
}
