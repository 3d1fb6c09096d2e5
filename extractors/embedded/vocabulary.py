"""From a schema's names to schema.org's: which type it wants, and where a field may stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.schema import Field, Schema

__all__ = ["Family", "family_of", "family_of_type", "places", "words_of"]


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of record.

    `types`: the schema.org types that describe it. `topics`: words of a schema's name that ask for
    it. `places`: a field's words to the properties that answer it, likeliest first; a dot leads
    into an object. `metas`: the same to `<meta>` names.
    """

    name: str
    types: frozenset[str]
    topics: frozenset[str]
    places: dict[str, tuple[str, ...]]
    metas: dict[str, tuple[str, ...]]


def _family(
    name: str,
    types: str,
    topics: str,
    places: dict[str, str],
    metas: dict[str, str] | None = None,
) -> Family:
    split = {words: tuple(paths.split()) for words, paths in places.items()}
    named = {words: tuple(paths.split()) for words, paths in (metas or {}).items()}
    return Family(name, frozenset(types.split()), frozenset(topics.split()), split, named)


_ADDRESS = {
    "postal code": "address.postalCode",
    "city": "address.addressLocality",
    "region": "address.addressRegion",
    "street": "address.streetAddress",
    "country": "address.addressCountry.name address.addressCountry",
    "phone": "telephone",
}
_OFFER = {
    "price": "offers.price offers.priceSpecification.price offers.offers.price",
    "currency": "offers.priceCurrency offers.priceSpecification.priceCurrency "
    "offers.offers.priceCurrency",
    "availability": "offers.availability offers.offers.availability",
    "rating": "aggregateRating.ratingValue",
    "rating count": "aggregateRating.ratingCount",
    "review count": "aggregateRating.reviewCount",
}
_THING = {"title": "name headline", "name": "name headline", "link": "url"}

_FAMILIES = (
    _family(
        "JobPosting",
        "JobPosting",
        "job jobs vacancy vacancies career position",
        {
            **_THING,
            "title": "title name",
            "job title": "title name",
            "company": "hiringOrganization.name hiringOrganization",
            "employer": "hiringOrganization.name hiringOrganization",
            "location": "jobLocation.address jobLocation",
            "place": "jobLocation.address jobLocation",
            "employment type": "employmentType",
            "date posted": "datePosted",
            "posted": "datePosted",
            "posted date": "datePosted",
            "deadline": "validThrough",
        },
    ),
    _family(
        "Recipe",
        "Recipe",
        "recipe recipes dish",
        {
            **_THING,
            **_OFFER,
            "author": "author.name author",
            "ingredients": "recipeIngredient ingredients",
            "yields": "recipeYield yield",
            "servings": "recipeYield yield",
            "cuisine": "recipeCuisine",
            "category": "recipeCategory",
            "date published": "datePublished",
        },
    ),
    _family(
        "Product",
        "Product IndividualProduct ProductModel Book Vehicle Car SomeProducts",
        "product products goods book books shop",
        {
            **_THING,
            **_OFFER,
            "brand": "brand.name brand",
            "manufacturer": "manufacturer.name manufacturer",
            "sku": "sku",
            "gtin": "gtin13 gtin gtin14 gtin12 gtin8 isbn",
            "ean": "gtin13",
            "author": "author.name author",
            "condition": "offers.itemCondition itemCondition",
        },
        {
            "price": "product:price:amount og:price:amount",
            "currency": "product:price:currency og:price:currency",
            "availability": "product:availability og:availability",
            "brand": "product:brand",
        },
    ),
    _family(
        "Article",
        "Article NewsArticle BlogPosting ReportageNewsArticle AnalysisNewsArticle "
        "OpinionNewsArticle ReviewNewsArticle LiveBlogPosting TechArticle ScholarlyArticle "
        "SocialMediaPosting",
        "article articles news story blog post",
        {
            "title": "headline name",
            "headline": "headline name",
            "authors": "author.name author",
            "author": "author.name author",
            "date published": "datePublished",
            "published": "datePublished",
            "date": "datePublished",
            "date modified": "dateModified",
            "publisher": "publisher.name",
            "section": "articleSection",
        },
        {
            "authors": "author article:author",
            "author": "author article:author",
            "date published": "article:published_time",
            "published": "article:published_time",
            "date": "article:published_time",
        },
    ),
    _family(
        "Event",
        "Event BusinessEvent ChildrensEvent ComedyEvent DanceEvent EducationEvent ExhibitionEvent "
        "Festival FoodEvent LiteraryEvent MusicEvent SaleEvent ScreeningEvent SocialEvent "
        "SportsEvent TheaterEvent VisualArtsEvent",
        "event events concert meeting meetup",
        {
            **_THING,
            "location": "location.address.addressLocality location.name",
            "venue name": "location.name",
            "venue": "location.name",
            "organizer": "organizer.name organizer",
            "start": "startDate",
            "end": "endDate",
            "date": "startDate",
        },
    ),
    _family(
        "RealEstateListing",
        "RealEstateListing Residence Apartment House SingleFamilyResidence Accommodation "
        "ApartmentComplex",
        "estate property home house apartment flat listing",
        {
            **_THING,
            **_OFFER,
            **_ADDRESS,
            "count bedrooms": "numberOfBedrooms",
            "bedrooms": "numberOfBedrooms",
            "count bathrooms": "numberOfBathroomsTotal numberOfFullBathrooms",
            "bathrooms": "numberOfBathroomsTotal numberOfFullBathrooms",
            "constructed area": "floorSize.value floorSize",
            "area": "floorSize.value floorSize",
        },
    ),
    _family(
        "Course",
        "Course CourseInstance",
        "course courses training",
        {**_THING, "provider": "provider.name provider", "code": "courseCode"},
    ),
    _family(
        "Organization",
        "Organization Corporation LocalBusiness Restaurant Store NGO",
        "organization organisation business restaurant",
        {**_THING, **_ADDRESS, "rating": "aggregateRating.ratingValue"},
    ),
)
# Objects whose own properties also speak of the item they belong to.
_OPEN = ("offers", "aggregateRating", "address", "location", "jobLocation", "nutrition")


def words_of(name: str) -> str:
    """`name` in words: "hiringOrganization", "hiring_organization" are "hiring organization"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[^\W_]+", spaced.lower()))


def family_of(schema: Schema) -> Family | None:
    """The kind of record that *schema* asks for by its name; `None` when the name does not say."""
    for text in (schema.name, schema.description):
        words = words_of(text).split()
        found = [family for family in _FAMILIES if family.topics & set(words)]
        if len(found) == 1:
            return found[0]
    return None


def family_of_type(types: Iterable[str]) -> Family | None:
    """The family that describes an item of *types*; `None` for a page, a person, a list."""
    names = set(types)
    return next((family for family in _FAMILIES if names & family.types), None)


def places(field: Field, family: Family) -> tuple[str, ...]:
    """Property paths that may answer *field*, likeliest first.

    The field's own name as a property comes before the table: a schema that speaks schema.org
    needs no table. Without either, the description is not guessed from.
    """
    own = re.sub(r"[ _-]+(\w)", lambda match: match[1].upper(), field.name)
    own = own[:1].lower() + own[1:]
    synonyms = family.places.get(words_of(field.name), ())
    nested = tuple(f"{name}.{own}" for name in _OPEN)
    found = (*synonyms, own, *nested) if synonyms else (own, f"{own}.name", *nested)
    return tuple(dict.fromkeys(found))
