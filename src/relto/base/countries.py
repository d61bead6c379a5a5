"""The countries of ISO 3166-1: what people type as a nation is one of these, or it is a mistake.

Source: ISO 3166-1:2020 with its changes up to 2026-11-22, 249 officially assigned alpha-3 codes, as Debian's iso-codes
publishes them; the alpha-2 codes beside them agree with the tz database's list of the same day. Exceptionally reserved
and user-assigned codes (such as XKX) are not countries here.

What comes inside a label or a signed message is read by form (`relto.base.nations`): a policy may name what this list
does not know yet, and what nobody here typed is not repaired here.
"""

from __future__ import annotations

from relto.base.errors import UnknownValue
from relto.base.nations import Nation, read_nation

_LISTED = """
ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR
BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP
CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB
GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN
KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD
MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN
PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM
SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR
UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
"""
COUNTRIES = frozenset(_LISTED.split())


def read_country(text: object, *, field: str = "nation") -> Nation:
    """`text` as the code of a country. Raises MalformedInput for another form, UnknownValue for a code that is none."""
    nation = read_nation(text, field=field)
    if nation not in COUNTRIES:
        raise UnknownValue("country", field=field, found=nation, expected="a country's ISO 3166-1 alpha-3 code")
    return nation
