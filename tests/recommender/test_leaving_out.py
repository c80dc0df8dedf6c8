"""What is to be left out, however it is said; and what a sentence says beside it."""

import pytest

from recommender.intent import Inventory, understood
from recommender.leaving_out import left_out_in_chinese
from tests.recommender.test_intent import LABELS, nothing_similar


@pytest.mark.parametrize(
    ("sentence", "without", "about"),
    [
        ("chocolate free of nuts", ("nuts",), "chocolate"),
        ("free from dairy ice cream", ("dairy",), "ice cream"),
        ("egg free cake", ("egg",), "cake"),
        ("non-dairy milk", ("dairy",), "milk"),
        ("a snack, she is allergic to peanuts", ("peanuts",), "snack"),
        ("biscuits for someone with a nut allergy", ("nut",), "biscuits"),
        ("chocolate, I am lactose intolerant", ("dairy",), "chocolate"),
        ("bread, we can't eat wheat", ("wheat",), "bread"),
        ("bread, we can’t eat wheat", ("wheat",), "bread"),
        ("tea instead of coffee", ("coffee",), "tea"),
        ("crackers minus the salt", ("salt",), "crackers"),
        ("cake with no milk or eggs", ("dairy", "eggs"), "cake"),
        ("a spread with no palm oil or nuts", ("palm oil", "nuts"), "spread"),
        ("soup for vegetarians", ("meat", "fish"), "soup"),
        ("milk for someone who avoids soya and nuts", ("soya", "nuts"), "milk"),
        ("I don't like ginger, biscuits please", ("ginger",), "biscuits"),
        ("biscuits with neither nuts nor milk", ("nuts", "dairy"), "biscuits"),
        ("a nut and dairy free bar", ("nut", "dairy"), "dairy free bar"),
        ("a drink that doesn't contain egg", ("egg",), "drink"),
        ("nuts without salt and milk chocolate", ("salt",), "nuts milk chocolate"),
        ("bread with no added milk", ("dairy",), "bread"),
        ("crackers without any added nuts", ("nuts",), "crackers"),
        ("a soup that has no raisins", ("raisins",), "soup"),
        ("my grandma has no teeth", (), "grandma"),
        ("I have no oven, a cake", (), "cake"),
        ("non-stick noodles", (), "noodles"),
        ("除了巧克力以外的甜食", ("巧克力",), "　，的甜食"),
        ("除坚果之外的零食", ("坚果",), "　，的零食"),
        ("除了咖啡都行", ("咖啡",), "　，行"),
        ("除了茶，还有什么能提神", ("茶",), "　，什么能提神"),
        ("不能吃甜的，不含坚果", ("坚果",), "　的，　"),
        ("不想喝咖啡，想提神", ("咖啡",), "　，想提神"),
        ("不要吃鱼", ("鱼",), "　"),
        ("不要香菜的泡面", ("香菜",), "　的泡面"),
        ("别放辣椒的面", ("辣椒",), "　的面"),
        ("不想要酸奶", ("酸奶",), "　"),
        ("无酒精饮料", ("酒精",), "　饮料"),
        ("无花果干", (), "无花果干"),
        ("无骨鸡爪", (), "无骨鸡爪"),
        ("无敌好吃的薯片", (), "无敌好吃的薯片"),
        ("有没有茶", (), "　茶"),
        ("不能有花生的糕", ("花生",), "　的糕"),
        ("对花生过敏，想吃糕", ("花生",), "　，，想吃糕"),
        ("不吃鱼的人", ("鱼",), "　的人"),
        ("不放糖的豆浆", ("糖",), "　的豆浆"),
        ("没有添加剂的酱油", ("添加剂",), "　的酱油"),
        ("不含牛奶和鸡蛋的糕", ("牛奶", "鸡蛋"), "　的糕"),
        ("吃素的人", ("肉", "鱼"), "　，的人"),
    ],
)
def test_what_is_left_out_is_not_searched_for(sentence: str, without: tuple[str, ...], about: str) -> None:
    intent = understood(sentence, Inventory(LABELS), nothing_similar)
    assert (intent.without_words, intent.about) == (without, about)


def test_what_is_wanted_beside_it_is_not_left_out() -> None:
    assert left_out_in_chinese("不含坚果和脆的零食") == ("　和脆的零食", ["坚果"])


def test_less_is_no_thing() -> None:
    intent = understood("tea with no sugar or less", Inventory(LABELS), nothing_similar)
    assert (intent.wanted, intent.without_words) == (("sugar free",), ())


def test_less_of_a_thing_is_not_none_of_it() -> None:
    intent = understood("jam without too much sugar", Inventory(LABELS), nothing_similar)
    assert intent.without_words == ()
