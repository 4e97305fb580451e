/** The images that the compose file names, each pinned: the versions that pipec's output was tried on. */
export const images = {
  zookeeper: 'zookeeper:3.9.4',
  pinot: 'apachepinot/pinot:1.5.1',
} as const
