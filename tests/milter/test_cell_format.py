"""Numbers and dates of spreadsheets as their formats show them."""

import pytest

from sealgate_milter.extract.cell_format import plain, shown


@pytest.mark.parametrize(("value", "code", "text"), [
    (512438870, "000-00-0000", "512-43-8870"),
    (12438870, r"000\-00\-0000", "012-43-8870"),
    (4111111111111111, "0000 0000 0000 0000", "4111 1111 1111 1111"),
    (5125551234, "[<=9999999]###-####;(###) ###-####", "512555-1234"),
    (1599.99, "#,##0.00", "1,599.99"),
    (-1599.99, "#,##0.00_);[Red](#,##0.00)", "(1,599.99)"),
    (1599.99, '[$€-407] #,##0.00', "€ 1,599.99"),
    (-3, "0.0", "-3.0"),
    (0.256, "0.0%", "25.6%"),
    (1234, "#,##0,", "1"),
    (5, '"SSN "000', "SSN 005"),
    (0, '0;-0;"none"', "none"),
    (1, '"SSN 512-43-8870"', "SSN 512-43-8870 1"),
    (7, '"No. "General', "No. 7"),
    (7, "@", "7"),
    (7, ";;;", "7"),
    (12.5, "General", "12.5"),
    (1.5, "# ?/?", "1.5"),
    (43363, "yyyy-mm-dd", "2018-09-20"),
    (43363, "d. mmmm yy", "20. September 18 2018-09-20"),
    (43363.75, "ddd h:mm AM/PM", "Thu 6:00 PM 2018-09-20"),
    (43363.51, "hh:mm:ss", "12:14:24"),
    (1.25, "[h]:mm", "30:00"),
])  # fmt: skip
def test_shown(value, code, text):
    assert shown(value, code) == text


def test_what_the_format_hides_is_given_too():
    assert shown(4111111111111111, "0.00E+00") == "4.11E+15 4111111111111111"
    assert shown(512438870, "#,") == "512439 512438870"


def test_dates_since_1904():
    assert shown(41901, "yyyy-mm-dd", from_1904=True) == "2018-09-20"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e300, 1e300, 1e17, -1e-300, 5e-324])
@pytest.mark.parametrize("code", ["0", "#,##0.00", "yyyy-mm-dd", "[h]:mm", "0%", "@", "", ";;;", '"', "\\", "[",
                                  "0.0.0", "0" * 300])  # fmt: skip
def test_odd_values_and_codes_raise_nothing(value, code):
    assert isinstance(shown(value, code), str)


def test_plain():
    assert [plain(value) for value in (5.0, -3.25, 4111111111111111.0, 0.1 + 0.2)] == [
        "5", "-3.25", "4111111111111111", "0.3",
    ]  # fmt: skip
