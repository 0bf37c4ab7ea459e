/** Programs of the driver as the kernel calls them, which is by 15 characters at most. Whatever else begins so is somebody's own. Pure. */
export const PROGRAMS: ReadonlySet<string> = new Set([
  'nvidia-smi',
  'nvidia-persiste',
  'nvidia-modprobe',
  'nvidia-powerd',
  'nvidia-imex',
  'nvidia-cuda-mps',
  'nvidia-containe',
  'nvidia-device-p',
])
