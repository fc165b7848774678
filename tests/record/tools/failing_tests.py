"""Tests whose counts of queries are wrong, in every way to assert one."""

import pytest
from django.test import TestCase
from shop.models import Category, Customer, Product


class NumberOfQueries(TestCase):
    def test_more_than_expected(self):
        Category.objects.create(name="It's a lamp", slug="lamp")
        with self.assertNumQueries(1):
            for category in Category.objects.filter(name__contains="It's\na lamp; 1. x") | Category.objects.all():
                list(Product.objects.filter(category=category))
                list(Product.objects.filter(category__name="two\nlines"))

    def test_none_at_all(self):
        with self.assertNumQueries(2):
            pass

    def test_fewer_than_expected(self):
        self.assertNumQueries(5, lambda: Customer.objects.count())


@pytest.mark.django_db
def test_with_a_fixture(django_assert_num_queries):
    with django_assert_num_queries(1):
        list(Category.objects.filter(name="It's\na lamp"))
        Customer.objects.count()


@pytest.mark.django_db
def test_with_a_maximum(django_assert_max_num_queries):
    with django_assert_max_num_queries(1, info="the front page"):
        list(Category.objects.all())
        Customer.objects.count()
