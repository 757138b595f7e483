/** Area codes that no country has, for tests that add some. */

let last = 0;

/** Another one each time, below 200: no real area code begins with 0 or 1. */
export function freeNpa(): string {
  return String(last++).padStart(3, "0");
}

export const NEW_JERSEY = {
  country_code: "US",
  country_name: "United States",
  state_province_code: "NJ",
  state_province_name: "New Jersey",
};
