import { useEffect, useState } from 'preact/hooks'

/** 0 when a part is drawn for the first time, and one more after each painted frame, up to `last`: what matters first is seen first. */
export function useStages(last: number): number {
  const [stage, show] = useState(0)
  useEffect(() => {
    if (stage < last) show(stage + 1)
  }, [stage, last])
  return stage
}
