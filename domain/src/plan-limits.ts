/** Bounds of what is plausible, from the lists of 2018; an installation may have its own. */
export const planCheckLimits = {
  farFromMedianKm: 80,
  farFromHeadquartersKm: 150,
  /** Below, a constituency's median says nothing. */
  stationsForMedian: 5,
  stationsPerBuilding: 6,
  boothsPerStation: 8,
  votersPerBooth: 1_200,
  lastProvincialSeat: 297,
  /** A pair of NA and PP is doubted when so few of at least so many stations have it. */
  rarePairShare: 0.05,
  stationsForPairs: 10,
} as const;
