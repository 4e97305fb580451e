/** Preloaded into a process that is measured: leaves its peak memory and its processor time in a file. */
const { writeFileSync } = require('node:fs')

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  const used = { megabytes: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }
  writeFileSync(process.env.PIPEC_MEASURED, JSON.stringify(used))
})
