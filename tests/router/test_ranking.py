"""The short list of who is next, which must always agree with a look at everybody."""

from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.agent import Agent, Profile, Share
from services.router.domain.ranking import RANKS, Ranking
from services.router.domain.requirement import Requirement
from services.router.domain.roster import MOST_RANKINGS, Roster
from services.router.domain.routing_config import Selection
from shared.contracts.people import Availability
from tests.router.builders import NINE

ANY = Requirement((), ())
SENIOR = Requirement((("seniority:", 2),), ())
Steps = list[tuple[str, int, int]]
STEPS: st.SearchStrategy[Steps] = st.lists(
    st.tuples(
        st.sampled_from(["take", "release", "capacity", "away", "back", "junior", "senior"]),
        st.integers(0, 5),
        st.integers(0, 4),
    ),
    max_size=60,
)


def profile(capacity: int, availability: Availability, seniority: int) -> Profile:
    return Profile(capacity=capacity, availability=availability, seniority=seniority)


@given(selection=st.sampled_from(Selection), steps=STEPS)
def test_the_best_is_the_best_of_all(selection: Selection, steps: Steps) -> None:
    roster = Roster(lambda agent_id, _: 1 + int(agent_id[1:]) % 3)
    for n in range(6):
        roster.add(Agent(f"a{n}", profile(2, Availability.ONLINE, 1 + n % 2)))
    for index, (step, who, figure) in enumerate(steps):
        agent = roster.agents[f"a{who}"]
        old = agent.profile
        match step:
            case "take":
                agent.carry(f"t{index}", Share(1, "email"))
                agent.last_assigned_at = NINE.replace(microsecond=index)
            case "release" if agent.work:
                agent.put_down(next(iter(agent.work)))
                roster.offer(agent)
            case "capacity":
                roster.update(agent, profile(figure, old.availability, old.seniority))
            case "away" | "back":
                there = Availability.AWAY if step == "away" else Availability.ONLINE
                roster.update(agent, profile(old.capacity, there, old.seniority))
            case "junior" | "senior":
                level = 1 if step == "junior" else 3
                roster.update(agent, profile(old.capacity, old.availability, level))
            case _:
                continue
        for requirement in (ANY, SENIOR):
            able = (
                a
                for a in roster.agents.values()
                if a.has_room(requirement) and a.can_take(requirement)
            )
            expected = min(able, key=RANKS[selection], default=None)
            assert roster.ranking(requirement, selection).best() is expected


def test_stale_entries_do_not_pile_up() -> None:
    agent = Agent("ana", profile(5, Availability.ONLINE, 1))
    ranking = Ranking(ANY, Selection.MOST_SPARE, [agent])
    for _ in range(10_000):
        ranking.offer(agent)
    assert len(list(ranking.leaders(10_000))) < 100


def test_requirements_that_nobody_asks_for_any_more_are_forgotten() -> None:
    roster = Roster(lambda *_: 1)
    kept = roster.ranking(ANY, Selection.MOST_SPARE)
    for level in range(2 * MOST_RANKINGS):
        roster.ranking(Requirement((("skill", level),), ()), Selection.MOST_SPARE)
        assert roster.ranking(ANY, Selection.MOST_SPARE) is kept
    assert len(roster._rankings) == MOST_RANKINGS
