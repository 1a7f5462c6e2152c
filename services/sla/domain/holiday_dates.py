"""Which dates are public holidays in a country and region."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache

from holidays import country_holidays, list_supported_countries
from holidays.version import __version__

HOLIDAYS_VERSION = __version__


@cache
def holidays_in(country: str, region: str | None, year: int) -> frozenset[date]:
    """As they are observed; New Year's Day may be on 31 December of the year before."""
    return frozenset(country_holidays(country, subdiv=region, years=year))


@cache
def _regions() -> Mapping[str, list[str]]:
    return list_supported_countries(include_aliases=True)


def check_region(country: str, region: str | None) -> None:
    """Raises ValueError with what could have been meant."""
    countries = _regions()
    if country not in countries:
        nearest = _did_you_mean(country.upper(), list(countries))
        raise ValueError(f'no holidays are known for country "{country}"{nearest}')
    if region is not None and region not in countries[country]:
        known = ", ".join(countries[country]) or "none at all"
        raise ValueError(f'"{region}" is no region of {country} with holidays; known: {known}')


def _did_you_mean(word: str, known: list[str]) -> str:
    nearest = get_close_matches(word, known, n=1, cutoff=0.5)
    return f'; did you mean "{nearest[0]}"?' if nearest else "; write an ISO 3166 code such as DE"
