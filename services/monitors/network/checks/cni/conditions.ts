/** What the check of CNI says, for people. */
import type { ConditionSpec } from '#monitor-kit'

/** Without a kubelet what is critical is a warning. */
const KUBELET = ' (without a kubelet a warning)'
const LASTS = '2 checks in a row (sustainedChecks)'

export const CONDITIONS: readonly ConditionSpec[] = [
  {
    type: 'CNIConfigInvalid',
    description:
      'The configuration of CNI that counts is missing, or makes no sense: new pods get no network. Not reported where there is no CNI',
    label: 'CNI configuration invalid',
    healthyReason: 'ConfigValid',
    healthyMessage: 'the configuration of CNI makes sense',
    recoveryText: '2 checks in a row find a configuration that makes sense',
    source:
      'the first file of /etc/cni/net.d, or of the folder that containerd or CRI-O names (configPath); of flannel also /run/flannel/subnet.env',
    warning: 'a file that CRI-O passes over',
    critical: `none where there was one or a kubelet needs one, no JSON, a plug-in without type, ranges that make no sense${KUBELET}`,
    sustained: `${LASTS}; 5 where there was none in this boot`,
  },
  {
    type: 'CNIBinaryMissing',
    description: 'The binary of a plug-in that the configuration names is missing: new pods get no network',
    label: 'CNI binary missing',
    healthyReason: 'BinariesPresent',
    healthyMessage: 'the binaries of all plug-ins are there',
    recoveryText: '2 checks in a row find all binaries',
    source: '/opt/cni/bin, or the folders that containerd or CRI-O names (binDirs)',
    warning: 'none',
    critical: `a binary is in none of the folders${KUBELET}`,
    sustained: LASTS,
  },
  {
    type: 'CNIInterfaceMissing',
    description:
      'An interface of a plug-in (cni0, cilium_host, flannel.1) is missing or switched off, while pods have addresses behind it, or though it was up in this boot',
    label: 'CNI interface missing',
    healthyReason: 'InterfacesPresent',
    healthyMessage: 'the interfaces of the plug-ins are there',
    recoveryText: '2 checks in a row find it up; a person’s word lets it stay away',
    source: '/sys/class/net, by the types of the plug-ins (checkInterfaces) and by name (expectedInterfaces)',
    warning: 'one of which a plug-in may do without, or that is expected',
    critical: `one without which pods reach nobody${KUBELET}`,
    sustained: LASTS,
  },
  {
    type: 'PodAddressesLow',
    description:
      'Most addresses that this node has for pods are taken. Only reported where host-local gives them out, from ranges of its configuration or of flannel',
    label: 'few addresses for pods',
    healthyReason: 'EnoughAddresses',
    healthyMessage: 'enough addresses for further pods',
    recoveryText: '2 checks in a row find less taken than the warning limit',
    source:
      'files in /var/lib/cni/networks/NETWORK (dataDir) against the ranges of host-local; the fullest range counts',
    warning: '80 % taken (addressWarningThreshold)',
    critical: '95 % taken (addressCriticalThreshold)',
    sustained: 'at once',
  },
]
