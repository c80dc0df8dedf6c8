"""`{{ tag.label|local_label }}`"""

from django import template

from shop.label_names import local_label

register = template.Library()
register.filter("local_label", local_label)
